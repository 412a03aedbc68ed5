using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>What the hot path may cost: counted, not timed.</summary>
public sealed class PartialStorageSpeedTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reading_and_writing_allocate_nothing_per_piece()
    {
        var share = new SampleShare("f", 16384, ("f", TestData.Bytes(16384 * 600, 1)));
        var pieces = Enumerable.Range(0, 600).Select(share.Piece).ToArray();
        await using var storage = await Open(share);
        var block = new byte[16384];
        for (var piece = 0; piece < 200; piece++)
        {
            storage.WritePiece(piece, pieces[piece]);
            storage.ReadBlock(piece, 0, block);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var piece = 200; piece < 600; piece++)
        {
            storage.WritePiece(piece, pieces[piece]);
            storage.ReadBlock(piece, 0, block);
        }

        // The list of pieces not yet flushed grows a few times; 400 pieces of 16 KiB would show.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8192);
    }

    [Fact]
    public async Task Pieces_may_be_written_and_read_from_many_threads()
    {
        var share = new SampleShare(
            "share", 16384, [.. Enumerable.Range(0, 40).Select(i => ($"f{i}", TestData.Bytes(20_000 * (i % 5) + i, i)))]);
        using var handles = new FileHandleCache(4);
        await using var storage = await Open(share, handles, 300_000);
        await Parallel.ForAsync(0, share.Info.PieceCount * 3, (i, _) =>
        {
            var piece = i % share.Info.PieceCount;
            storage.WritePiece(piece, share.Piece(piece));
            var data = new byte[share.Info.PieceSize(piece)];
            storage.ReadBlock(piece, 0, data);
            Assert.Equal(share.Piece(piece), data);
            return ValueTask.CompletedTask;
        });
        Assert.True(storage.HasAllWanted);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Info.PieceCount, share.CheckHeld(storage).Count);
    }

    [Fact]
    public async Task Thousands_of_small_files_are_opened_twice_each_and_flushed_together()
    {
        var share = new SampleShare("share", 16384, [.. Enumerable.Range(0, 2000).Select(i => ($"d{i % 20}/f{i}", TestData.Bytes(100, i)))]);
        var flushes = 0;
        var fileSystem = new FaultyFileSystem
        {
            OnFlush = _ =>
            {
                Interlocked.Increment(ref flushes);
                return null;
            },
        };
        await using var storage = await Open(share, fileSystem: fileSystem);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        Assert.InRange(fileSystem.Opened, 2000, 4010);
        if (OperatingSystem.IsLinux()) Assert.InRange(flushes, 1, 10);
        Assert.Equal(2000, Directory.GetFiles(_folder["out/share"], "f*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public async Task Small_files_of_many_folders_get_their_names()
    {
        var share = new SampleShare("share", 16384, [.. Enumerable.Range(0, 500).Select(i => ($"d{i % 7}/e/f{i}", TestData.Bytes(i, i)))]);
        // One folder is there, the others are not.
        Directory.CreateDirectory(_folder["out/share/d1/e"]);
        await using var storage = await Open(share);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        for (var i = 0; i < 500; i++) Assert.Equal(share.Content(i), File.ReadAllBytes(_folder["out/" + share.Info.Name + "/" + string.Join('/', share.Info.Files[i].PathComponents)]));
        Assert.Empty(Directory.GetFiles(_folder["out"], ".p2p-*", SearchOption.AllDirectories));
        Assert.Equal(500, storage.CompletedFiles!.Count(file => new FileInfo(file.FullPath).Length == file.Length));
    }

    private Task<PartialStorage> Open(SampleShare share, FileHandleCache? handles = null, long? flushInterval = null, IStorageFileSystem? fileSystem = null) =>
        PartialStorage.OpenAsync(
            new PartialStorageOptions
            {
                Info = share.Info,
                Layers = share.Layers,
                Destination = _folder["out"],
                ResumePath = _folder["state/resume"],
                Handles = handles,
                FlushInterval = flushInterval ?? 64 * 1024 * 1024,
                FileSystem = fileSystem ?? DiskFileSystem.Instance,
            },
            null, default);
}
