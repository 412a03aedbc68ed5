using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class PartialStorageFaultTests : IDisposable
{
    private static readonly int NoSpace = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;
    private static readonly int Busy = OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : 16;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Too_little_space_is_found_before_anything_is_fetched()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem { Available = share.Info.TotalLength - 1 };
        var error = await Assert.ThrowsAsync<P2PShareException>(() => Open(share, fileSystem));
        Assert.Equal(ErrorIds.DiskFull, error.ErrorId);
        Assert.Contains(_folder["out"], error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Recommendation);
        Assert.Equal(0, fileSystem.OpenFiles);
    }

    [Fact]
    public async Task A_disk_that_fills_up_halfway_loses_no_verified_piece()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem();
        await using var storage = await Open(share, fileSystem);
        for (var piece = 0; piece < share.Info.PieceCount / 2; piece++) storage.WritePiece(piece, share.Piece(piece));
        fileSystem.OnWrite = _ => new IOException("No space left on device", NoSpace);
        var error = Assert.Throws<P2PShareException>(() => storage.WritePiece(share.Info.PieceCount / 2, share.Piece(share.Info.PieceCount / 2)));
        Assert.Equal(ErrorIds.DiskFull, error.ErrorId);
        Assert.Equal(_folder["out/share/large"], error.Target);
        Assert.Equal(share.Info.PieceCount / 2, share.CheckHeld(storage).Count);

        fileSystem.OnWrite = null;
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/share/large"]));
    }

    [Fact]
    public async Task Pieces_that_could_not_be_flushed_are_not_held_any_more()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem();
        await using var storage = await Open(share, fileSystem);
        storage.WritePiece(0, share.Piece(0));
        await storage.FlushAsync(default);
        storage.WritePiece(1, share.Piece(1));
        fileSystem.OnFlush = path => path.EndsWith(SafeName.PartialSuffix, StringComparison.Ordinal) ? new IOException("No space left on device", NoSpace) : null;
        Assert.Equal(ErrorIds.DiskFull, (await Assert.ThrowsAsync<P2PShareException>(() => storage.FlushAsync(default))).ErrorId);
        Assert.Equal([0], share.CheckHeld(storage));
        fileSystem.OnFlush = null;
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
    }

    [Fact]
    public async Task A_flush_that_fails_in_the_background_is_told_to_the_next_writer()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem { OnFlush = _ => new IOException("No space left on device", NoSpace) };
        await using var storage = await Open(share, fileSystem, options => options with { FlushInterval = 100_000 });
        await Eventually.Throws(() =>
        {
            storage.DropPiece(0);
            storage.WritePiece(0, share.Piece(0));
            for (var piece = 1; piece < 10; piece++) storage.WritePiece(piece, share.Piece(piece));
        }, error => error is P2PShareException { ErrorId: ErrorIds.DiskFull });
        fileSystem.OnFlush = null;
    }

    [Fact]
    public async Task Flushes_by_itself_and_claims_what_it_flushed()
    {
        var share = Sample();
        var flushes = 0;
        var fileSystem = new FaultyFileSystem
        {
            OnFlush = _ =>
            {
                Interlocked.Increment(ref flushes);
                return null;
            },
        };
        await using var storage = await Open(share, fileSystem, options => options with { FlushInterval = 100_000 });
        share.WriteAll(storage);
        await Eventually.True(() => Volatile.Read(ref flushes) > 0 && File.Exists(_folder["state/resume"]));
    }

    [Fact]
    public async Task A_destination_without_permission_is_found_at_once_and_named()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem { OnOpenWrite = path => path.Contains("out", StringComparison.Ordinal) ? new UnauthorizedAccessException("Access denied") : null };
        var error = await Assert.ThrowsAsync<P2PShareException>(() => Open(share, fileSystem));
        Assert.Equal(ErrorIds.DestinationUnusable, error.ErrorId);
        Assert.Contains("large", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Recommendation);
    }

    [Fact]
    public async Task A_destination_that_is_a_file_is_unusable()
    {
        _folder.Write("out", [1]);
        Assert.Equal(ErrorIds.DestinationUnusable, (await Assert.ThrowsAsync<P2PShareException>(() => Open(Sample(), new FaultyFileSystem()))).ErrorId);
    }

    [Fact]
    public async Task A_file_where_a_folder_is_needed_is_an_error()
    {
        _folder.Write("out/share", [1]);
        Assert.Equal(ErrorIds.FileExists, (await Assert.ThrowsAsync<P2PShareException>(() => Open(Sample(), new FaultyFileSystem()))).ErrorId);
    }

    [Fact]
    public async Task Renames_are_tried_again_while_another_program_holds_the_file()
    {
        var share = Sample();
        var time = new FakeTimeProvider();
        var tries = 0;
        var fileSystem = new FaultyFileSystem { OnMove = path => path.EndsWith("large", StringComparison.Ordinal) && ++tries < 4 ? new IOException("busy", Busy) : null };
        await using var storage = await Open(share, fileSystem, options => options with { Time = time });
        share.WriteAll(storage);
        var completion = storage.CompleteAsync(null, default);
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return completion.IsCompleted;
        });
        await completion;
        Assert.Equal(4, tries);
    }

    [Fact]
    public async Task What_somebody_writes_in_the_moment_after_a_rename_is_not_taken_for_what_was_received()
    {
        var share = Sample();
        var fileSystem = new FaultyFileSystem();
        var edited = _folder["out/share/large"];
        fileSystem.AfterMove = path =>
        {
            if (path != edited) return;
            using var file = File.OpenWrite(path);
            file.WriteByte((byte)~share.Content(0)[0]);
        };
        await using var storage = await Open(share, fileSystem);
        share.WriteAll(storage);
        await storage.CompleteAsync(share.Attributes(0b110_100_100), default);

        var received = new ReceivedFiles();
        received.Add(storage.CompletedFiles!);
        foreach (var file in storage.CompletedFiles!)
        {
            var path = file.FullPath;
            Assert.Equal(path != edited, received.IsUnchanged(path, DiskFileSystem.Instance.Stat(path)));
        }
    }

    [Fact]
    public async Task Renames_are_given_up_after_five_seconds_and_can_be_tried_later()
    {
        var share = Sample();
        var time = new FakeTimeProvider();
        var fileSystem = new FaultyFileSystem { OnMove = path => path.EndsWith("large", StringComparison.Ordinal) ? new IOException("busy", Busy) : null };
        await using var storage = await Open(share, fileSystem, options => options with { Time = time });
        share.WriteAll(storage);
        var start = time.GetUtcNow();
        var completion = storage.CompleteAsync(null, default);
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return completion.IsCompleted;
        });
        Assert.Equal(ErrorIds.DestinationUnusable, (await Assert.ThrowsAsync<P2PShareException>(() => completion)).ErrorId);
        Assert.True(time.GetUtcNow() - start >= TimeSpan.FromSeconds(5));
        fileSystem.OnMove = null;
        share.CheckHeld(storage);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/share/large"]));
    }

    [Fact]
    public async Task Out_of_handles_gives_handles_back_and_goes_on()
    {
        if (OperatingSystem.IsWindows()) return;
        var share = new SampleShare("share", [.. Enumerable.Range(0, 50).Select(i => ($"f{i}", TestData.Bytes(10, i)))]);
        var fileSystem = new FaultyFileSystem();
        fileSystem.OnOpenWrite = _ => fileSystem.OpenFiles >= 7 ? new IOException("Too many open files", 24) : null;
        await using var storage = await Open(share, fileSystem);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        share.CheckHeld(storage);
    }

    private static SampleShare Sample() => new("share", 16384, ("large", TestData.Bytes(500_000, 1)), ("small", [1]));

    private Task<PartialStorage> Open(SampleShare share, FaultyFileSystem fileSystem, Func<PartialStorageOptions, PartialStorageOptions>? change = null) =>
        PartialStorage.OpenAsync(
            (change ?? (options => options))(new PartialStorageOptions
            {
                Info = share.Info,
                Layers = share.Layers,
                Destination = _folder["out"],
                ResumePath = _folder["state/resume"],
                FileSystem = fileSystem,
            }),
            null, default);
}
