using System.Diagnostics;
using System.Globalization;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Identity;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Benchmarks.Processes;

/// <summary>Publishing, and its limit: the leaves and nodes of a file's hash tree, made by two threads.</summary>
internal static class HashProcess
{
    public const string Usage = "publish FILE | merkle FILE THREADS";

    private const int ReadSize = 256 << 10;

    /// <summary>Publishes a file to a swarm of one, and prints DONE with the seconds.</summary>
    public static async Task PublishAsync(string path)
    {
        var state = Directory.CreateTempSubdirectory("p2pshare-bench-");
        try
        {
            SwarmFiles.Create("bench", state.FullName, overwrite: true, TimeProvider.System);
            await using var peer = await Peer.StartAsync(new PeerOptions
            {
                SwarmPath = Path.Combine(state.FullName, "bench.swarm.pem"),
                Name = "publisher",
                Port = 0,
                ListenAddress = "127.0.0.1",
                StateRoot = state.FullName,
                Discovery = false,
            });
            var cpu = Environment.CpuUsage.TotalTime;
            var started = Stopwatch.GetTimestamp();
            await peer.PublishAsync(new PublishRequest { Name = Path.GetFileName(path), Path = path });
            Say(started, cpu);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    /// <summary>Reads a file and makes its hash tree, by so many threads, and prints DONE with the seconds.</summary>
    public static void Merkle(string path, int threads)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        var blocks = (int)((length + MerkleTree.BlockSize - 1) / MerkleTree.BlockSize);
        var leaves = new byte[blocks * Hash256.Size];
        long next = 0;
        var workers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            workers[i] = new Thread(() =>
            {
                var buffer = new byte[ReadSize];
                while (Interlocked.Add(ref next, ReadSize) - ReadSize is var offset && offset < length)
                {
                    var count = RandomAccess.Read(file, buffer, offset);
                    MerkleTree.HashBlocks(buffer.AsSpan(0, count), leaves.AsSpan((int)(offset / MerkleTree.BlockSize) * Hash256.Size));
                }
            });
            workers[i].Start();
        }

        foreach (var worker in workers) worker.Join();
        MerkleTree.Root(leaves, 0, MerkleTree.LevelsAbove(blocks));
        Say(started, cpu);
    }

    private static void Say(long started, TimeSpan cpuBefore) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"DONE {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0000} {(Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds:0.00}"));
}
