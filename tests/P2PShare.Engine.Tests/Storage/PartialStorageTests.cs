using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Storage;

public sealed class PartialStorageTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PartialStorageTests() => Directory.CreateDirectory(_folder["state"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Receives_a_tree_with_times_modes_empty_files_and_empty_folders()
    {
        var share = Tree();
        var attributes = share.Attributes(OperatingSystem.IsWindows() ? null : 0b100_111_101_000, "", "hollow", "hollow/deep", "sub");
        await using var storage = await Open(share, options => options with { Attributes = attributes });
        share.WriteAll(storage);
        Assert.True(storage.HasAllWanted);
        await storage.CompleteAsync(attributes, default);

        AssertReceived(share, "tree");
        for (var i = 0; i < share.Info.Files.Count; i++)
        {
            var path = Received(share, i);
            Assert.Equal(attributes.Files[i].ModifiedUtc, File.GetLastWriteTimeUtc(path));
            // Never set-user-id, whatever was published.
            if (!OperatingSystem.IsWindows()) Assert.Equal((UnixFileMode)0b111_101_000, File.GetUnixFileMode(path));
        }

        var folders = new[] { "tree", "tree/hollow", "tree/hollow/deep", "tree/sub" };
        for (var i = 0; i < folders.Length; i++)
            Assert.Equal(attributes.Directories[i].Attributes.ModifiedUtc, Directory.GetLastWriteTimeUtc(_folder["out/" + folders[i]]));
        Assert.Empty(Directory.GetFiles(_folder["state"]));
        Assert.Empty(Leftovers());
        if (OperatingSystem.IsLinux())
            Assert.Equal(attributes.Files[0].ModifiedNanoseconds, DiskFileSystem.Instance.Stat(Received(share, 0)).ModifiedNs);
    }

    [Fact]
    public async Task Receives_a_single_file_into_the_destination_itself_and_goes_on_serving_it()
    {
        var share = new SampleShare("single.bin", ("single.bin", TestData.Bytes(200_000, 1)));
        await using var storage = await Open(share);
        Assert.Equal(_folder["out/single.bin"], storage.FullPath);
        share.WriteAll(storage);
        share.CheckHeld(storage);
        Assert.False(File.Exists(_folder["out/single.bin"]));
        await storage.CompleteAsync(null, default);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/single.bin"]));
        Assert.Equal(share.Info.PieceCount, share.CheckHeld(storage).Count);
        await using var served = new SourceStorage(share.Info, share.Layers, storage.CompletedFiles!);
        Assert.Equal(share.Info.PieceCount, share.CheckHeld(served).Count);

        // A file that changes under a completed share is noticed like a published one.
        File.WriteAllBytes(_folder["out/single.bin"], new byte[200_000]);
        File.SetLastWriteTimeUtc(_folder["out/single.bin"], DateTime.UtcNow.AddMinutes(1));
        Assert.Equal(ErrorIds.FileChanged, Assert.Throws<P2PShareException>(() => storage.ReadBlock(0, 0, new byte[10])).ErrorId);
    }

    [Fact]
    public async Task What_was_published_arrives_identical()
    {
        var names = new[] { "blank name", "[brackets] (1) {x}", "emoji 🎉👩‍👩‍👧", new string('n', 251) + ".txt", ".dot", "ünï/cødé", "deep/er/and/deeper" };
        for (var i = 0; i < names.Length; i++) _folder.Write("in/" + names[i], TestData.Bytes(i * 10_000, i));
        Directory.CreateDirectory(_folder["in/empty folder"]);
        var published = await new ShareHasher().HashAsync(new PublishRequest { Name = "in", Path = _folder["in"] }, null, default);
        await using var source = new SourceStorage(published.Info, published.Layers, published.Files);
        await using var storage = await PartialStorage.OpenAsync(
            new() { Info = published.Info, Layers = published.Layers, Attributes = published.Attributes, Destination = _folder["out"], ResumePath = _folder["state/x"] }, null, default);
        for (var piece = 0; piece < published.Info.PieceCount; piece++)
        {
            var data = new byte[published.Info.PieceSize(piece)];
            source.ReadBlock(piece, 0, data);
            storage.WritePiece(piece, data);
        }

        await storage.CompleteAsync(published.Attributes, default);
        Assert.Equal(Describe(_folder["in"]), Describe(_folder["out/in"]));
    }

    [Fact]
    public async Task Only_chosen_files_are_received_and_counted()
    {
        var share = Tree();
        var chosen = share.Info.Files.Single(file => file.Name == "one").Index;
        await using var storage = await Open(share, options => options with { Files = [chosen] });
        Assert.Equal(share.Info.Files[chosen].Length, storage.BytesWanted);
        var other = share.Info.Files.Single(file => file.Name == "large");
        Assert.Throws<InvalidOperationException>(() => storage.WritePiece(other.FirstPiece, share.Piece(other.FirstPiece)));
        share.WriteAll(storage);
        await storage.CompleteAsync(share.Attributes(null, "", "hollow", "sub"), default);
        Assert.Equal([Received(share, chosen)], Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories));
        Assert.Equal(storage.PiecesWanted, share.CheckHeld(storage).Count);
        Assert.False(Directory.Exists(_folder["out/tree/hollow"]));
    }

    [Fact]
    public async Task Completing_with_pieces_missing_is_a_mistake_of_the_caller()
    {
        var share = Tree();
        await using var storage = await Open(share);
        await Assert.ThrowsAsync<InvalidOperationException>(() => storage.CompleteAsync(null, default));
    }

    [Fact]
    public async Task What_stands_there_and_verifies_is_not_fetched()
    {
        var share = Tree();
        await Receive(share);
        await using var storage = await Open(share);
        Assert.True(storage.HasAllWanted);
        Assert.Equal(share.Info.PieceCount, share.CheckHeld(storage).Count);
        await storage.CompleteAsync(null, default);
        AssertReceived(share, "tree");
        Assert.Empty(Leftovers());
    }

    [Theory]
    [InlineData("longer")]
    [InlineData("different")]
    [InlineData("folder")]
    [InlineData("empty file")]
    public async Task What_stands_there_with_other_content_is_an_error_unless_it_may_be_replaced(string kind)
    {
        var share = Tree();
        var large = share.Info.Files.Single(file => file.Name == "large").Index;
        var path = Received(share, large);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var other = share.Content(large).Select(value => (byte)~value).ToArray();
        if (kind == "folder") Directory.CreateDirectory(path);
        else if (kind == "empty file") File.WriteAllBytes(Received(share, share.Info.Files.Single(file => file.Length == 0).Index), [1]);
        else File.WriteAllBytes(path, kind == "longer" ? [.. other, 1] : other);

        await Fails(ErrorIds.FileExists, () => Open(share));
        if (kind == "folder")
        {
            await Fails(ErrorIds.FileExists, () => Open(share, options => options with { Overwrite = true }));
            return;
        }

        await using var storage = await Open(share, options => options with { Overwrite = true });
        if (kind == "different") Assert.Equal(other, File.ReadAllBytes(path));
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        AssertReceived(share, "tree");
    }

    [Fact]
    public async Task No_clobber_refuses_even_what_would_verify_but_not_its_own_unfinished_work()
    {
        var share = Tree();
        await Receive(share);
        await Fails(ErrorIds.FileExists, () => Open(share, options => options with { NoClobber = true }));

        Directory.Delete(_folder["out"], recursive: true);
        var moves = 0;
        var fileSystem = new FaultyFileSystem { OnMove = path => path.Contains("tree", StringComparison.Ordinal) && ++moves == 2 ? new IOException("gone") : null };
        var storage = await Open(share, options => options with { NoClobber = true, FileSystem = fileSystem });
        share.WriteAll(storage);
        await Fails(ErrorIds.DestinationUnusable, () => storage.CompleteAsync(null, default));
        await using var again = await Open(share, options => options with { NoClobber = true });
        Assert.True(again.HasAllWanted);
        await again.CompleteAsync(null, default);
        AssertReceived(share, "tree");
    }

    [Fact]
    public async Task A_file_that_appears_during_the_download_is_not_overwritten()
    {
        var share = new SampleShare("f", ("f", TestData.Bytes(1000, 1)));
        await using var storage = await Open(share);
        share.WriteAll(storage);
        File.WriteAllText(_folder["out/f"], "mine");
        await Fails(ErrorIds.FileExists, () => storage.CompleteAsync(null, default));
        Assert.Equal("mine", File.ReadAllText(_folder["out/f"]));
        File.Delete(_folder["out/f"]);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/f"]));
    }

    [Fact]
    public async Task A_file_whose_content_is_elsewhere_on_the_machine_is_copied_as_far_as_it_verifies()
    {
        var share = new SampleShare("f", 16384, ("f", TestData.Bytes(100_000, 1)));
        var damaged = share.Content(0).ToArray();
        damaged[50_000] ^= 1;
        await using var storage = await Open(share);
        Assert.False(await storage.TryReuseAsync(0, _folder["missing"], default));
        Assert.False(await storage.TryReuseAsync(0, _folder.Write("short", [1]), default));
        Assert.Equal(0, storage.PiecesHeld);
        Assert.False(await storage.TryReuseAsync(0, _folder.Write("damaged", damaged), default));
        Assert.Equal(share.Info.PieceCount - 1, share.CheckHeld(storage).Count);
        Assert.True(await storage.TryReuseAsync(0, _folder.Write("good", share.Content(0)), default));
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/f"]));
    }

    [Fact]
    public async Task Abandoning_removes_what_it_made_or_keeps_the_partial_files()
    {
        var share = Tree();
        var storage = await Open(share);
        share.WriteAll(storage);
        await storage.FlushAsync(default);
        Assert.NotEmpty(Directory.GetFiles(_folder["state"]));
        await storage.AbandonAsync(keepPartial: true, default);
        await storage.DisposeAsync();
        Assert.NotEmpty(Leftovers());
        Assert.Empty(Directory.GetFiles(_folder["state"]));

        // Kept data is found again, and verified.
        storage = await Open(share);
        Assert.True(storage.HasAllWanted);
        await storage.AbandonAsync(keepPartial: false, default);
        await storage.DisposeAsync();
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Abandoning_a_fresh_download_leaves_no_trace()
    {
        var share = Tree();
        Directory.CreateDirectory(_folder["out"]);
        await using var storage = await Open(share);
        share.WriteAll(storage);
        await storage.AbandonAsync(keepPartial: false, default);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public async Task A_partial_file_removed_by_someone_is_fetched_again()
    {
        if (OperatingSystem.IsWindows()) return;
        var share = new SampleShare("f", 16384, ("f", TestData.Bytes(100_000, 1)), ("g", TestData.Bytes(10, 2)));
        using var handles = new FileHandleCache(1);
        await using var storage = await Open(share, options => options with { Handles = handles });
        for (var piece = 0; piece < 3; piece++) storage.WritePiece(piece, share.Piece(piece));
        storage.WritePiece(share.Info.PieceCount - 1, share.Piece(share.Info.PieceCount - 1));
        foreach (var file in Leftovers().Where(file => new FileInfo(file).Length == 100_000)) File.Delete(file);
        Assert.Equal(ErrorIds.FileChanged, Assert.Throws<P2PShareException>(() => storage.ReadBlock(0, 0, new byte[10])).ErrorId);
        Assert.Equal(1, storage.PiecesHeld);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        AssertReceived(share, "f");
    }

    [Fact]
    public async Task Reports_how_far_checking_is_and_can_be_cancelled()
    {
        var share = new SampleShare("f", ("f", TestData.Bytes(3_000_000, 1)));
        await using (var storage = await Open(share)) share.WriteAll(storage);
        foreach (var state in Directory.GetFiles(_folder["state"])) File.Delete(state);
        var reports = new List<CheckProgress>();
        await using (await PartialStorage.OpenAsync(Options(share), new Immediate(reports), default)) Assert.Equal(new CheckProgress(3_000_000, 3_000_000), reports[^1]);

        foreach (var state in Directory.GetFiles(_folder["state"])) File.Delete(state);
        using var cancel = new CancellationTokenSource();
        var fileSystem = new FaultyFileSystem
        {
            OnRead = _ =>
            {
                cancel.Cancel();
                return null;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PartialStorage.OpenAsync(Options(share) with { FileSystem = fileSystem }, null, cancel.Token));
        Assert.Equal(0, fileSystem.OpenFiles);
    }

    private static SampleShare Tree() => new(
        "tree", 16384,
        ("large", TestData.Bytes(300_000, 1)),
        ("nothing", []),
        ("sub/one", [42]),
        ("sub/two", TestData.Bytes(20_000, 2)));

    private static string Describe(string folder) => string.Join('\n', Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetRelativePath(folder, path)} {(Directory.Exists(path) ? "" : TestData.Sha256(path))} {DiskFileSystem.Instance.Stat(path) with { Identity = default }}")
        .Append($"{DiskFileSystem.Instance.Stat(folder).ModifiedNs}"));

    private static async Task Fails(string errorId, Func<Task> action) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<P2PShareException>(action)).ErrorId);

    private async Task Receive(SampleShare share)
    {
        await using var storage = await Open(share);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
    }

    private PartialStorageOptions Options(SampleShare share) => new()
    {
        Info = share.Info,
        Layers = share.Layers,
        Destination = _folder["out"],
        ResumePath = _folder["state/resume"],
    };

    private Task<PartialStorage> Open(SampleShare share, Func<PartialStorageOptions, PartialStorageOptions>? change = null) =>
        PartialStorage.OpenAsync((change ?? (options => options))(Options(share)), null, default);

    private string Received(SampleShare share, int file) =>
        share.Info.IsSingleFile ? _folder["out/" + share.Info.Name] : _folder[$"out/{share.Info.Name}/{share.Info.Files[file]}"];

    private string[] Leftovers() => Directory.Exists(_folder["out"]) ? Directory.GetFiles(_folder["out"], ".p2p-*", SearchOption.AllDirectories) : [];

    private void AssertReceived(SampleShare share, string root)
    {
        for (var i = 0; i < share.Info.Files.Count; i++) Assert.Equal(share.Content(i), File.ReadAllBytes(Received(share, i)));
        Assert.Equal(share.Info.Files.Count, Directory.GetFiles(_folder["out/" + root], "*", SearchOption.AllDirectories).Length);
    }

    private sealed class Immediate(List<CheckProgress> reports) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value)
        {
            lock (reports) reports.Add(value);
        }
    }
}
