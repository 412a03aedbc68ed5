using System.CommandLine;

namespace P2PShare.Cli.CommandLine;

/// <summary>The options that every command has which is a peer while it runs.</summary>
internal sealed class PeerCommandOptions
{
    private readonly Option<string?> _swarm = new("--swarm", "-s")
    {
        Description = "The swarm file, or this machine's own certificate file; - reads it from standard input. Default: your own swarm, made on first use.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _name = new("--name", "-n") { Description = "This peer's name. Default: the host's.", HelpName = "NAME" };

    private readonly Option<int?> _port = CliOptions.Number(
        "--port", "The TCP port to listen on; 0 for any. Default: the last one used, 5000, or the next that is free.", "PORT", 0, ushort.MaxValue, "-p");

    private readonly Option<string?> _listen = new("--listen") { Description = "The address to listen on. Default: all.", HelpName = "ADDRESS" };

    private readonly Option<string[]> _connect = new("--connect", "-c")
    {
        Description = "A peer to join at; any will do. May be repeated.",
        HelpName = "HOST:PORT",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _noDiscovery = new("--no-discovery") { Description = "Do not look for peers on the local network." };
    private readonly Option<string?> _state = new("--state") { Description = "The folder in which peers keep their state.", HelpName = "DIR" };
    private readonly Option<long?> _uploadLimit = CliOptions.Bytes("--upload-limit", "Bytes per second sent, such as 500K, 10M or 1Gi. Default: no limit.");
    private readonly Option<long?> _downloadLimit = CliOptions.Bytes("--download-limit", "Bytes per second received. Default: no limit.");

    private readonly Option<bool> _insecureSwarm = new("--insecure-swarm")
    {
        Description = "Use the swarm file even though other users of this machine can read it.",
    };

    // For programs that start this one: a pipe that closes is the one way to end a child gently on every system.
    private readonly Option<bool> _stopOnEof = new("--stop-on-eof") { Description = "End when standard input ends.", Hidden = true };

    private readonly Option<bool> _json = CliOptions.Json();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_swarm, _name, _port, _listen, _connect, _noDiscovery, _state, _uploadLimit, _downloadLimit, _insecureSwarm, _stopOnEof, _json])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.Written(_swarm) == "-" && result.IsWritten(_stopOnEof)) result.AddError("--stop-on-eof and --swarm - both want standard input.");
        });
    }

    public PeerArguments Read(ParseResult result) => new()
    {
        Swarm = result.GetValue(_swarm),
        Name = result.GetValue(_name),
        Port = result.GetValue(_port),
        Listen = result.GetValue(_listen),
        Connect = result.GetValue(_connect) ?? [],
        Discovery = !result.GetValue(_noDiscovery),
        State = result.GetValue(_state),
        UploadLimit = result.GetValue(_uploadLimit),
        DownloadLimit = result.GetValue(_downloadLimit),
        InsecureSwarm = result.GetValue(_insecureSwarm),
        Json = result.GetValue(_json),
        StopOnEof = result.GetValue(_stopOnEof),
    };
}
