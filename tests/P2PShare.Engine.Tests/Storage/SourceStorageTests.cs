using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class SourceStorageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reads_any_block_of_any_file()
    {
        var large = TestData.Bytes(300_000, 1);
        var small = TestData.Bytes(5, 2);
        _folder.Write("share/large", large);
        _folder.Write("share/none", []);
        _folder.Write("share/small", small);
        await using var storage = await Publish("share");
        Assert.Equal(storage.Info.PieceCount, storage.PiecesHeld);
        Assert.Equal(300_005, storage.BytesHeld);

        var block = new byte[1000];
        storage.ReadBlock(2, 500, block);
        Assert.Equal(large[(2 * storage.Info.PieceLength + 500)..][..1000], block);
        storage.ReadBlock(storage.Info.PieceCount - 1, 0, block.AsSpan(0, 5));
        Assert.Equal(small, block[..5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => storage.ReadBlock(0, storage.Info.PieceLength - 10, new byte[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => storage.ReadBlock(storage.Info.PieceCount, 0, block));
    }

    [Fact]
    public async Task A_touched_file_is_served_on()
    {
        var path = _folder.Write("f", TestData.Bytes(100_000, 1));
        await using var storage = await Publish("f");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        storage.ReadBlock(0, 0, new byte[100]);
        Assert.Equal(storage.Info.PieceCount, storage.PiecesHeld);
    }

    [Fact]
    public async Task Of_a_changed_file_the_pieces_that_differ_are_dropped()
    {
        var path = _folder.Write("f", TestData.Bytes(100_000, 1));
        await using var storage = await Publish("f");
        using (var stream = new FileStream(path, FileMode.Open)) stream.WriteByte(unchecked((byte)~TestData.Bytes(1, 1)[0]));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        AssertChanged(storage, 0);
        storage.ReadBlock(1, 0, new byte[100]);
        Assert.False(storage.HasPiece(0));
        Assert.Equal(storage.Info.PieceCount - 1, storage.PiecesHeld);
        Assert.Equal(100_000 - storage.Info.PieceLength, storage.BytesHeld);
        AssertChanged(storage, 0);
    }

    [Fact]
    public async Task Of_a_truncated_file_the_missing_pieces_are_dropped()
    {
        var path = _folder.Write("f", TestData.Bytes(100_000, 1));
        await using var storage = await Publish("f");
        using (var stream = new FileStream(path, FileMode.Open)) stream.SetLength(60_000);
        AssertChanged(storage, storage.Info.PieceCount - 1);
        storage.ReadBlock(0, 0, new byte[100]);
    }

    [Fact]
    public async Task A_deleted_file_is_no_longer_served()
    {
        var path = _folder.Write("f", TestData.Bytes(100_000, 1));
        await using var storage = await Publish("f");
        File.Delete(path);
        AssertChanged(storage, 0);
        Assert.Equal(0, storage.PiecesHeld);
        Assert.Equal(0, storage.BytesHeld);
    }

    [Fact]
    public async Task A_file_in_use_elsewhere_is_an_error_and_not_a_loss()
    {
        _folder.Write("f", TestData.Bytes(100_000, 1));
        var share = await new ShareHasher().HashAsync(new PublishRequest { Name = "f", Path = _folder["f"] }, null, default);
        var fileSystem = new FaultyFileSystem { OnRead = _ => new IOException("The process cannot access the file.") };
        await using var storage = new SourceStorage(share.Info, share.Layers, share.Files, null, fileSystem);
        Assert.Equal(ErrorIds.FileUnreadable, Assert.Throws<P2PShareException>(() => storage.ReadBlock(0, 0, new byte[10])).ErrorId);
        fileSystem.OnRead = null;
        storage.ReadBlock(0, 0, new byte[10]);
    }

    [Fact]
    public async Task Reading_a_block_allocates_nothing()
    {
        _folder.Write("f", TestData.Bytes(100_000, 1));
        await using var storage = await Publish("f");
        var block = new byte[16384];
        for (var i = 0; i < 100; i++) storage.ReadBlock(i % 6, 0, block);
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (var i = 0; i < 1000; i++) storage.ReadBlock(i % 6, 0, block);
        }));
    }

    [Fact]
    public async Task Thousands_of_files_are_read_with_a_few_open()
    {
        for (var i = 0; i < 300; i++) _folder.Write($"share/{i}", TestData.Bytes(10, i));
        var share = await new ShareHasher().HashAsync(new PublishRequest { Name = "share", Path = _folder["share"] }, null, default);
        var fileSystem = new FaultyFileSystem();
        using var handles = new FileHandleCache(8);
        await using (var storage = new SourceStorage(share.Info, share.Layers, share.Files, handles, fileSystem))
        {
            await Parallel.ForAsync(0, 3000, (i, _) =>
            {
                var block = new byte[10];
                storage.ReadBlock(i % 300, 0, block);
                Assert.Equal(File.ReadAllBytes(share.Files[i % 300].FullPath), block);
                return ValueTask.CompletedTask;
            });
            Assert.Equal(8, handles.Count);
        }

        Assert.Equal(0, fileSystem.OpenFiles);
    }

    private static void AssertChanged(SourceStorage storage, int piece) =>
        Assert.Equal(ErrorIds.FileChanged, Assert.Throws<P2PShareException>(() => storage.ReadBlock(piece, 0, new byte[10])).ErrorId);

    private async Task<SourceStorage> Publish(string name)
    {
        var share = await new ShareHasher().HashAsync(new PublishRequest { Name = name, Path = _folder[name] }, null, default);
        return new SourceStorage(share.Info, share.Layers, share.Files);
    }
}
