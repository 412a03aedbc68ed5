using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

/// <summary>Row 7: links at the target, or swapped in, are never written through.</summary>
public sealed class SymbolicLinkTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SymbolicLinkTests()
    {
        Directory.CreateDirectory(_folder["out"]);
        _folder.Write("victim/kept", [7]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("share")]
    [InlineData("share/sub")]
    public async Task A_link_in_place_of_a_folder_of_the_share_is_refused(string link)
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(Path.GetDirectoryName(_folder["out/" + link])!);
        Directory.CreateSymbolicLink(_folder["out/" + link], _folder["victim"]);
        Assert.Equal(ErrorIds.UnsafePath, (await Assert.ThrowsAsync<P2PShareException>(() => Open(Sample()))).ErrorId);
        AssertVictimUntouched();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_at_the_target_counts_as_other_content_and_is_itself_replaced(bool dangling)
    {
        if (OperatingSystem.IsWindows()) return;
        var share = Sample();
        Directory.CreateDirectory(_folder["out/share/sub"]);
        File.WriteAllBytes(_folder["victim/same"], share.Content(1));
        File.CreateSymbolicLink(_folder["out/share/sub/b"], dangling ? _folder["victim/new"] : _folder["victim/same"]);
        Assert.Equal(ErrorIds.FileExists, (await Assert.ThrowsAsync<P2PShareException>(() => Open(share))).ErrorId);
        await using var storage = await Open(share, overwrite: true);
        Assert.False(storage.HasPiece(share.Info.Files[1].FirstPiece));
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        Assert.Null(new FileInfo(_folder["out/share/sub/b"]).LinkTarget);
        Assert.Equal(share.Content(1), File.ReadAllBytes(_folder["out/share/sub/b"]));
        Assert.False(File.Exists(_folder["victim/new"]));
        File.Delete(_folder["victim/same"]);
        AssertVictimUntouched();
    }

    [Fact]
    public async Task A_folder_swapped_for_a_link_during_the_download_is_noticed()
    {
        if (OperatingSystem.IsWindows()) return;
        var share = Sample();
        await using var storage = await Open(share);
        storage.WritePiece(0, share.Piece(0));
        Directory.Move(_folder["out/share"], _folder["moved"]);
        Directory.CreateSymbolicLink(_folder["out/share"], _folder["victim"]);
        var last = share.Info.PieceCount - 1;
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => storage.WritePiece(last, share.Piece(last))).ErrorId);
        AssertVictimUntouched();
    }

    [Fact]
    public async Task A_folder_swapped_for_a_link_before_completion_is_noticed()
    {
        if (OperatingSystem.IsWindows()) return;
        var share = Sample();
        await using var storage = await Open(share);
        share.WriteAll(storage);
        Directory.Move(_folder["out/share/sub"], _folder["moved"]);
        Directory.CreateSymbolicLink(_folder["out/share/sub"], _folder["victim"]);
        Assert.Equal(ErrorIds.UnsafePath, (await Assert.ThrowsAsync<P2PShareException>(() => storage.CompleteAsync(null, default))).ErrorId);
        AssertVictimUntouched();
    }

    [Fact]
    public async Task A_link_put_in_between_the_look_and_the_opening_is_noticed_before_a_byte_is_written()
    {
        if (!OperatingSystem.IsLinux()) return;
        var share = Sample();
        var isSwapped = false;
        var fileSystem = new FaultyFileSystem
        {
            OnOpenWrite = path =>
            {
                if (isSwapped || !path.Contains("sub", StringComparison.Ordinal)) return null;
                isSwapped = true;
                Directory.Move(_folder["out/share/sub"], _folder["moved"]);
                Directory.CreateSymbolicLink(_folder["out/share/sub"], _folder["victim"]);
                return null;
            },
        };
        await using var storage = await Open(share, fileSystem: fileSystem);
        var last = share.Info.PieceCount - 1;
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => storage.WritePiece(last, share.Piece(last))).ErrorId);
        Assert.True(isSwapped);
        AssertVictimUntouched();
    }

    [Fact]
    public async Task A_link_at_a_partial_files_name_is_removed_and_not_followed()
    {
        if (OperatingSystem.IsWindows()) return;
        var share = Sample();
        var storage = await Open(share);
        share.WriteAll(storage);
        await storage.DisposeAsync();
        foreach (var partial in Directory.GetFiles(_folder["out"], ".p2p-*", SearchOption.AllDirectories))
        {
            File.Delete(partial);
            File.CreateSymbolicLink(partial, _folder["victim/kept"]);
        }

        await using var again = await Open(share);
        Assert.Equal(0, again.PiecesHeld);
        share.WriteAll(again);
        await again.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["out/share/a"]));
        AssertVictimUntouched();
    }

    [Fact]
    public async Task The_destination_itself_may_be_a_link()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(_folder["real/place"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["real"]);
        Directory.CreateSymbolicLink(_folder["chosen"], "link/place");
        var share = Sample();
        await using var storage = await PartialStorage.OpenAsync(
            new() { Info = share.Info, Layers = share.Layers, Destination = _folder["chosen"], ResumePath = _folder["state/r"] }, null, default);
        share.WriteAll(storage);
        await storage.CompleteAsync(null, default);
        Assert.Equal(share.Content(0), File.ReadAllBytes(_folder["real/place/share/a"]));
    }

    private static SampleShare Sample() => new("share", 16384, ("a", TestData.Bytes(30_000, 1)), ("sub/b", TestData.Bytes(1000, 2)));

    private void AssertVictimUntouched() => Assert.Equal([_folder["victim/kept"]], Directory.GetFileSystemEntries(_folder["victim"]));

    private Task<PartialStorage> Open(SampleShare share, bool overwrite = false, IStorageFileSystem? fileSystem = null) => PartialStorage.OpenAsync(
        new PartialStorageOptions
        {
            Info = share.Info,
            Layers = share.Layers,
            Destination = _folder["out"],
            ResumePath = _folder["state/resume"],
            Overwrite = overwrite,
            FileSystem = fileSystem ?? DiskFileSystem.Instance,
        },
        null, default);
}
