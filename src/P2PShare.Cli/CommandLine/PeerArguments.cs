using P2PShare.Engine;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Cli.CommandLine;

/// <summary>What every command that is a peer was given.</summary>
internal sealed record PeerArguments
{
    // A swarm file holds a few certificates; anything longer is something else.
    private const int MaxSwarmText = 1 << 20;

    public string? Swarm { get; init; }
    public string? Name { get; init; }
    public int? Port { get; init; }
    public string? Listen { get; init; }
    public IReadOnlyList<string> Connect { get; init; } = [];
    public bool Discovery { get; init; } = true;
    public string? State { get; init; }
    public long? UploadLimit { get; init; }
    public long? DownloadLimit { get; init; }
    public IReadOnlyList<string> Mirror { get; init; } = [];
    public string? MirrorPath { get; init; }
    public int? MirrorCopies { get; init; }
    public bool Verify { get; init; }
    public string? AcceptPath { get; init; }
    public IReadOnlyList<string> AcceptFrom { get; init; } = [];
    public bool InsecureSwarm { get; init; }
    public bool Json { get; init; }
    public bool StopOnEof { get; init; }

    /// <summary>Whether the peer is started to stay, and so takes up its earlier shares and transfers; other commands do what they were asked and no more.</summary>
    public bool Stays { get; init; }

    /// <summary>The engine's options; makes the user's own default swarm when none is named.</summary>
    /// <param name="input">Where a swarm file named "-" is read from.</param>
    /// <param name="warn">Called with things the user should know.</param>
    /// <param name="connectsToSwarm">Whether <see cref="Connect"/> names peers of the swarm, not foreign clients.</param>
    /// <exception cref="P2PShareException">No swarm file where one is needed.</exception>
    public async Task<PeerOptions> ToOptionsAsync(TextReader input, Action<string> warn, bool connectsToSwarm, CancellationToken cancellationToken)
    {
        var options = new PeerOptions
        {
            Force = InsecureSwarm,
            Name = Name,
            Port = Port,
            ListenAddress = Listen,
            Resume = Stays,
            ConnectTo = connectsToSwarm ? Connect : [],
            Discovery = Discovery,
            StateRoot = State is null ? null : Path.GetFullPath(State),
            Mirror = Mirror,
            MirrorPath = MirrorPath is null ? null : Path.GetFullPath(MirrorPath),
            MirrorCopies = MirrorCopies,
            Verify = Verify,
            UploadLimit = UploadLimit,
            DownloadLimit = DownloadLimit,
            AcceptPath = AcceptPath is null ? null : Path.GetFullPath(AcceptPath),
            AcceptFrom = AcceptFrom,
        };
        return Swarm switch
        {
            "-" => options with { SwarmText = await ReadSwarmTextAsync(input, cancellationToken) },
            not null => options with { SwarmPath = Path.GetFullPath(Swarm) },
            null => options with { SwarmPath = DefaultSwarm(warn, connectsToSwarm) },
        };
    }

    private string DefaultSwarm(Action<string> warn, bool connectsToSwarm)
    {
        var path = SwarmFiles.DefaultSwarmPath;
        // A swarm made here would be another one than that of the peers at these addresses.
        if (connectsToSwarm && Connect.Count > 0)
        {
            throw new P2PShareException(
                ErrorKind.ObjectNotFound,
                ErrorIds.SwarmNotFound,
                "Addresses were given with --connect, but no swarm file.",
                Connect[0],
                $"Copy the NAME.swarm.pem with which the peer at {Connect[0]} runs to this machine and give it with --swarm FILE.");
        }

        if (File.Exists(path)) return path;
        var file = Path.GetFileName(path);
        var name = file.EndsWith(".swarm.pem", StringComparison.Ordinal) ? file[..^".swarm.pem".Length] : "default";
        var made = SwarmFiles.Create(name, Path.GetDirectoryName(path)!, overwrite: false, TimeProvider.System);
        warn($"No swarm file was given: a swarm of your own was made. Copy {made.SwarmPath} to the machines that are to join, and give it there with --swarm.");
        return made.SwarmPath;
    }

    private static async Task<string> ReadSwarmTextAsync(TextReader input, CancellationToken cancellationToken)
    {
        var buffer = new char[MaxSwarmText + 1];
        var length = await input.ReadBlockAsync(buffer, cancellationToken);
        if (length is > 0 and <= MaxSwarmText) return new string(buffer, 0, length);
        throw new P2PShareException(
            ErrorKind.InvalidData,
            ErrorIds.SwarmFileInvalid,
            length == 0 ? "Standard input is empty where a swarm file was expected." : "Standard input is too long for a swarm file.",
            "-",
            "Pipe in the text of a NAME.swarm.pem file, or name the file with --swarm FILE.");
    }
}
