using System.Diagnostics;
using P2PShare.Engine.Transfers;
using Xunit.Abstractions;

namespace P2PShare.Engine.Tests.Peers;

public sealed class FolderTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private static readonly DateTime Past = new(2019, 3, 31, 1, 59, 59, 123, DateTimeKind.Utc);

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_tree_of_five_thousand_files_arrives_identical()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var tree = _swarm.NewFolder("tree [1]");
        Make(tree, 5000);
        var watch = Stopwatch.StartNew();
        var share = await source.PublishAsync(tree);
        output.WriteLine($"published: {watch.Elapsed}");

        watch.Restart();
        var done = await target.ReceiveAsync(share);

        output.WriteLine($"received: {watch.Elapsed}");
        Assert.Equal((TransferState.Completed, 5000, true), (done.State, done.FileCount, done.IsFolder));
        Assert.Equal(_swarm["to-target/tree [1]"], done.FullName);
        var expected = Describe(tree);
        Assert.Equal(expected, Describe(done.FullName));
        Assert.True(expected.Count > 5000 + 100);
    }

    // Name, kind, length or content, time and mode of everything in a tree.
    private static List<string> Describe(string root)
    {
        var lines = new List<string>();
        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            var mode = OperatingSystem.IsWindows() ? default : entry.UnixFileMode;
            var content = entry is FileInfo file ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file.FullName))) : "folder";
            lines.Add($"{Path.GetRelativePath(root, entry.FullName)} {mode} {entry.LastWriteTimeUtc.Ticks} {content}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static void Make(string root, int count)
    {
        var random = new Random(5);
        string[] special =
        [
            "with blanks  in it.txt", "[brackets] (and) {braces}.txt", "😀 emoji 👩‍👩‍👧.txt", "ünïcödé ✓.txt", ".hidden", "no extension", "-dash", "'quotes'", "a,b;c=d&e%20.txt", "#$@!~.txt",
            new string('x', 255), new string('y', 251) + ".txt",
        ];
        for (var i = 0; i < count; i++)
        {
            var folder = Path.Combine(root, $"folder {i % 50}", i % 3 == 0 ? "deep [er]" : "");
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, i < special.Length ? special[i] : $"file {i}.dat");
            var content = new byte[(i % 7) switch { 0 => 0, 1 => 1, 2 => random.Next(100), 3 => 16_384, 4 => 16_385, _ => random.Next(20_000) }];
            random.NextBytes(content);
            File.WriteAllBytes(path, content);
            if (i % 10 == 0) File.SetLastWriteTimeUtc(path, Past.AddSeconds(i).AddTicks(i));
            if (i % 10 == 1 && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, i % 20 == 1 ? Executable : UnixFileMode.UserRead);
        }

        for (var i = 0; i < 20; i++) Directory.CreateDirectory(Path.Combine(root, "empty", $"folder {i}", i % 2 == 0 ? "" : "in it"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(root, "empty", "folder 0"), Executable);
        Directory.SetLastWriteTimeUtc(Path.Combine(root, "empty", "folder 1"), Past);
    }
}
