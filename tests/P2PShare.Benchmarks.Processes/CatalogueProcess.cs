using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Benchmarks.Processes;

/// <summary>
/// A large catalogue: one process has it as if its publishers had been there, and holds all of their shares itself, since what
/// only those hold who are away is in no listing; another one joins and searches.
/// </summary>
internal static class CatalogueProcess
{
    public const string Usage = "catalogue serve FOLDER PORT PEERS SHARES | catalogue join FOLDER ADDRESS";

    private const int Searches = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Signs the records of so many peers with so many shares each, and gives them to whoever joins.</summary>
    public static async Task ServeAsync(string folder, int port, int peers, int shares)
    {
        SwarmFiles.Create("bench", folder, overwrite: true, TimeProvider.System);
        // Of two swarms that meet the smaller one joins: so two are here.
        await using var first = (SwarmPeer)await Peer.StartAsync(Options(folder, "first", port));
        await using var second = (SwarmPeer)await Peer.StartAsync(Options(folder, "second", port: 0));
        await second.ConnectAsync([$"127.0.0.1:{port}"]);
        while (first.GetPeers().Count < 2) await Task.Delay(10);
        var random = new Random(1);
        for (var i = 0; i < peers; i++)
        {
            var hashes = Enumerable.Range(0, shares).Select(_ => NextHash(random)).ToList();
            var records = RecordsOf(folder, i, hashes).ToList();
            first.Membership.Preload(records);
            second.Membership.Preload(records);
            foreach (var hash in hashes) first.Membership.SetHolding(hash, HoldingState.Complete);
        }

        await first.Membership.SettledAsync();
        while (second.GetShares(new ShareQuery()).Count < peers * shares) await Task.Delay(100);
        Console.WriteLine("READY");
        Console.ReadLine();
    }

    /// <summary>Joins, searches by wildcard, and prints DONE with the seconds to the whole catalogue, and the milliseconds of the searches' median.</summary>
    public static async Task JoinAsync(string folder, string address)
    {
        await using var peer = await Peer.StartAsync(Options(folder, "newcomer", port: 0));
        Console.WriteLine("READY");
        Console.ReadLine();
        var started = Stopwatch.GetTimestamp();
        await peer.ConnectAsync([address]);
        await peer.WaitForCatalogueAsync(Patience);
        while (peer.GetShares(new ShareQuery { Names = ["share-00000-of-*"] }).Count == 0) await Task.Delay(10);
        var joined = Stopwatch.GetElapsedTime(started);
        var times = new List<double>();
        var found = 0;
        for (var i = 1; i <= Searches; i++)
        {
            var searched = Stopwatch.GetTimestamp();
            found += peer.GetShares(new ShareQuery { Names = [$"share-{i:00000}-of-*"] }).Count;
            times.Add(Stopwatch.GetElapsedTime(searched).TotalMilliseconds);
        }

        times.Sort();
        GC.Collect();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"DONE {joined.TotalSeconds:0.000} {times[Searches / 2]:0.00} {times[^1]:0.00} {found}"));
        Console.ReadLine();
    }

    private static PeerOptions Options(string folder, string name, int port) => new()
    {
        SwarmPath = Path.Combine(folder, "bench.swarm.pem"),
        Name = name,
        Port = port,
        ListenAddress = "127.0.0.1",
        StateRoot = Path.Combine(folder, name),
        Discovery = false,
        Resume = false,
    };

    private static IEnumerable<SignedEntry> RecordsOf(string folder, int number, List<InfoHash> hashes)
    {
        var state = Directory.CreateDirectory(Path.Combine(folder, "publishers", number.ToString(CultureInfo.InvariantCulture))).FullName;
        using var identity = PeerIdentity.Open(SwarmCredentials.Load(Path.Combine(folder, "bench.swarm.pem"), force: true, TimeProvider.System), state, TimeProvider.System);
        var details = new PeerDetails { Name = $"publisher{number:00}", Addresses = [], Roles = PeerRoles.None, Software = "bench" };
        var own = new OwnRecord(details, () => identity.Leaf, identity, TimeProvider.System);
        own.Renew(0);
        yield return own.Current.Entry;
        var version = own.Current.Version;
        var items = new List<HoldingsItem>();
        for (var i = 0; i < hashes.Count; i++)
        {
            var hash = hashes[i];
            items.Add(new HoldingsItem(hash, HoldingState.Complete));
            var share = new ShareDetails { Publisher = identity.PeerId, InfoHash = hash, Name = $"share-{i:00000}-of-{number:00}", TotalLength = 1 << 20, FileCount = 1 };
            yield return ShareRecord.Sign(share, version + i, identity).Entry;
        }

        yield return HoldingsPart.Sign(identity.PeerId, 0, version, items, identity).Entry;
    }

    private static InfoHash NextHash(Random random)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        random.NextBytes(bytes);
        return new InfoHash(new Hash256(bytes));
    }
}
