using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class PartialStorageCrashTests
{
    private static readonly string Root = OperatingSystem.IsWindows() ? @"C:\" : "/";
    private static readonly string Destination = Path.Combine(Root, "downloads");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Power_cuts_at_random_moments_lose_nothing_flushed_and_never_claim_a_bad_piece(int seed)
    {
        var random = new Random(seed);
        var share = Sample(random);
        var fileSystem = new CrashingFileSystem(seed);
        var safe = new HashSet<int>();
        var cuts = 0;
        while (true)
        {
            // Later rounds are longer, so that each seed ends.
            fileSystem.CutAfter(random.Next(20, 120 + 30 * cuts));
            PartialStorage? storage = null;
            try
            {
                storage = await PartialStorage.OpenAsync(Options(share, fileSystem), null, default);
                var held = share.CheckHeld(storage);
                Assert.Superset(safe, held.ToHashSet());
                await Fetch(share, storage, random, safe);
                await storage.CompleteAsync(null, default);
                break;
            }
            catch (P2PShareException) when (fileSystem.PowerIsOut)
            {
                if (storage is not null) await storage.DisposeAsync();
                fileSystem.Restore();
                cuts++;
            }
        }

        Assert.InRange(cuts, 2, 200);
        fileSystem.CutAfter(1);
        Assert.Throws<IOException>(() => fileSystem.Stat("x"));
        fileSystem.Restore();
        var files = Enumerable.Range(0, share.Info.Files.Count).Select(file => Path.Combine(Destination, "share", share.Info.Files[file].ToString().Replace('/', Path.DirectorySeparatorChar))).ToList();
        Assert.Equal(files.Order(StringComparer.Ordinal), fileSystem.Files.Where(file => file.StartsWith(Destination, StringComparison.Ordinal)));
        for (var i = 0; i < files.Count; i++) Assert.Equal(share.Content(i), fileSystem.Content(files[i]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_killed_process_loses_no_verified_piece(int seed)
    {
        var random = new Random(seed);
        var share = Sample(random);
        var fileSystem = new CrashingFileSystem(seed);
        var written = new HashSet<int>();
        for (var round = 0; round < 10; round++)
        {
            // Never disposed: what was written is in the system's cache, and nobody flushed it.
            var storage = await PartialStorage.OpenAsync(Options(share, fileSystem) with { FlushInterval = long.MaxValue }, null, default);
            // Holes are zeros, and one file is made of them: it may be held without having been written.
            Assert.Superset(written, share.CheckHeld(storage).ToHashSet());
            for (var i = 0; i < 8; i++)
            {
                var piece = random.Next(share.Info.PieceCount);
                if (!storage.HasPiece(piece)) storage.WritePiece(piece, share.Piece(piece));
                written.Add(piece);
            }
        }
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("truncated")]
    [InlineData("garbage")]
    [InlineData("flipped")]
    [InlineData("other share")]
    [InlineData("other destination")]
    public async Task A_resume_state_that_is_not_ours_is_ignored_and_all_is_verified(string damage)
    {
        var share = Sample(new Random(1));
        var fileSystem = new CrashingFileSystem(1);
        var options = Options(share, fileSystem);
        await using (var storage = await PartialStorage.OpenAsync(options, null, default))
        {
            for (var piece = 0; piece < 10; piece++) storage.WritePiece(piece, share.Piece(piece));
        }

        // One piece goes bad on disk while the state still claims it.
        var partial = fileSystem.Files.First(file => fileSystem.Content(file).AsSpan().IndexOf(share.Piece(3)) >= 0);
        var content = fileSystem.Content(partial);
        content[content.AsSpan().IndexOf(share.Piece(3))] ^= 1;

        var state = fileSystem.Content(options.ResumePath);
        fileSystem.Put(options.ResumePath, damage switch
        {
            "empty" => [],
            "truncated" => state[..(state.Length / 2)],
            "garbage" => TestData.Bytes(state.Length, 1),
            "flipped" => [.. state.Select((value, i) => (byte)(i == 10 ? value ^ 1 : value))],
            "other share" => new ResumeState(default, Destination, new PieceSet(share.Info.PieceCount), true, false, new Dictionary<int, FileState>()).ToBytes(),
            _ => State(share, Path.Combine(Root, "elsewhere")).ToBytes(),
        });

        await using var again = await PartialStorage.OpenAsync(options, null, default);
        Assert.Equal([0, 1, 2, 4, 5, 6, 7, 8, 9], share.CheckHeld(again));
    }

    [Fact]
    public async Task After_a_clean_stop_nothing_is_read_again()
    {
        var share = Sample(new Random(1));
        var memory = new CrashingFileSystem(1);
        var options = Options(share, memory);
        await using (var storage = await PartialStorage.OpenAsync(options, null, default))
        {
            for (var piece = 0; piece < 20; piece++) storage.WritePiece(piece, share.Piece(piece));
        }

        var counting = new FaultyFileSystem(memory) { OnRead = path => path == options.ResumePath ? null : new IOException("read") };
        await using var again = await PartialStorage.OpenAsync(options with { FileSystem = counting }, null, default);
        Assert.Equal(20, again.PiecesHeld);
    }

    [Fact]
    public async Task A_partial_file_changed_after_a_clean_stop_is_verified()
    {
        var share = Sample(new Random(1));
        var fileSystem = new CrashingFileSystem(1);
        var options = Options(share, fileSystem);
        await using (var storage = await PartialStorage.OpenAsync(options, null, default)) share.WriteAll(storage);
        var partial = fileSystem.Files.First(file => fileSystem.Content(file).Length > 100_000);
        using (var file = fileSystem.OpenWrite(partial, createNew: false)) file.Write([1, 2, 3], 70_000);

        await using var again = await PartialStorage.OpenAsync(options, null, default);
        Assert.Equal(share.Info.PieceCount - 1, share.CheckHeld(again).Count);
    }

    [Fact]
    public async Task A_dropped_piece_is_not_claimed_after_a_restart()
    {
        var share = Sample(new Random(1));
        var fileSystem = new CrashingFileSystem(1);
        var options = Options(share, fileSystem);
        await using (var storage = await PartialStorage.OpenAsync(options, null, default))
        {
            share.WriteAll(storage);
            await storage.FlushAsync(default);
            storage.DropPiece(5);
            Assert.False(storage.HasPiece(5));
        }

        await using var again = await PartialStorage.OpenAsync(options, null, default);
        Assert.False(again.HasPiece(5));
        Assert.Equal(share.Info.PieceCount - 1, again.PiecesHeld);
    }

    private static async Task Fetch(SampleShare share, PartialStorage storage, Random random, HashSet<int> safe)
    {
        var missing = Enumerable.Range(0, share.Info.PieceCount).Where(piece => !storage.HasPiece(piece)).ToArray();
        random.Shuffle(missing);
        foreach (var piece in missing)
        {
            Assert.DoesNotContain(piece, safe);
            storage.WritePiece(piece, share.Piece(piece));
            if (random.Next(10) != 0) continue;
            await storage.FlushAsync(default);
            for (var held = 0; held < share.Info.PieceCount; held++) if (storage.HasPiece(held)) safe.Add(held);
        }
    }

    private static ResumeState State(SampleShare share, string destination)
    {
        var all = new PieceSet(share.Info.PieceCount);
        for (var piece = 0; piece < share.Info.PieceCount; piece++) all.Add(piece);
        return new ResumeState(share.Info.InfoHash, destination, all, false, false, new Dictionary<int, FileState>());
    }

    private static SampleShare Sample(Random random) => new(
        "share", 16384,
        ("a/large", TestData.Bytes(700_000, random.Next())),
        ("a/zeros", new byte[100_000]),
        ("b/medium", TestData.Bytes(40_000, random.Next())),
        ("b/none", []),
        ("small", TestData.Bytes(10, random.Next())));

    private static PartialStorageOptions Options(SampleShare share, IStorageFileSystem fileSystem) => new()
    {
        Info = share.Info,
        Layers = share.Layers,
        Destination = Destination,
        ResumePath = Path.Combine(Root, "state", "share.resume"),
        FileSystem = fileSystem,
        FlushInterval = 200_000,
        Threads = 2,
    };
}
