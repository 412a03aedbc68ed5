namespace P2PShare.Benchmarks.Processes;

/// <summary>What a peer under measurement is told: <c>[--open] [--each] [--swarm DIR] seed|leech TORRENT FOLDER PORT</c>.</summary>
/// <param name="IsSeed">Whether it publishes; otherwise it receives.</param>
/// <param name="IsOpen">An open share in plain BitTorrent, instead of the secured swarm.</param>
/// <param name="Each">The files of the payload are shares of their own, received one by one.</param>
/// <param name="Torrent">The payload's torrent file: names the payload; what the peers of one run have in common lies beside it.</param>
/// <param name="Folder">Where the payload is, or is to be.</param>
/// <param name="Port">The TCP port to listen on.</param>
/// <param name="SwarmFolder">The folder with the swarm file, written by the first seed.</param>
internal sealed record PeerArguments(bool IsSeed, bool IsOpen, bool Each, string Torrent, string Folder, int Port, string SwarmFolder)
{
    public const string Usage = "peer [--open] [--each] [--swarm DIR] seed|leech TORRENT FOLDER PORT";

    /// <summary>The payload's name: that of the torrent file without its last two extensions.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Path.GetFileNameWithoutExtension(Torrent));

    public string SwarmPath => Path.Combine(SwarmFolder, "bench.swarm.pem");

    /// <summary>The torrent file of the open share as the seed published it.</summary>
    public string OpenTorrent => Torrent + ".open";

    public static PeerArguments? Parse(ReadOnlySpan<string> args)
    {
        var (open, each) = (false, false);
        string? swarm = null;
        while (!args.IsEmpty && args[0].StartsWith("--", StringComparison.Ordinal))
        {
            open |= args[0] == "--open";
            each |= args[0] == "--each";
            if (args[0] == "--swarm" && args.Length > 1)
            {
                swarm = args[1];
                args = args[1..];
            }

            args = args[1..];
        }

        return args.Length == 4 && args[0] is "seed" or "leech" && int.TryParse(args[3], out var port)
            ? new PeerArguments(args[0] == "seed", open, each, Path.GetFullPath(args[1]), Path.GetFullPath(args[2]), port, swarm ?? Path.GetFullPath(args[1]) + ".swarm")
            : null;
    }
}
