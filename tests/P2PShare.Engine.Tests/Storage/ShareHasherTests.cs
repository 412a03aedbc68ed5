using System.Text;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Storage;

public sealed class ShareHasherTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb")]
    [InlineData(16384, "f3336bea752b5a28743033dd2c844a4a63fba08871aaee2586a2bf2d69be83a2")]
    [InlineData(16385, "dcdfa5bb8d91b7eb7a69fb556bba6770d3456cbd61ab52f172cb9421a442be79")]
    [InlineData(49152, "b1d9c2de00721cf9e22bb41845283913df76c9e34b0f63a7c2ed961c59178331")]
    [InlineData(65537, "cbe670dfa716866e158dcf7a8671595c5c20bff22a4394f9657aa2864f98d7d2")]
    public async Task Hashes_a_file_to_the_root_of_the_specification(int length, string root)
    {
        var path = _folder.Write("a.bin", Encoding.ASCII.GetBytes(new string('a', length)));
        var share = await Hash(new PublishRequest { Name = "a.bin", Path = path });
        Assert.True(share.Info.IsSingleFile);
        Assert.Equal("a.bin", share.Info.Name);
        Assert.Equal(root, share.Info.Files[0].PiecesRoot.ToString());
        Assert.Equal(path, share.Files[0].FullPath);
        Assert.Empty(share.Attributes.Directories);
    }

    [Fact]
    public async Task The_result_does_not_depend_on_the_number_of_threads()
    {
        _folder.Write("share/large.bin", TestData.Bytes(40_000_123, 1));
        _folder.Write("share/medium.bin", TestData.Bytes(4_194_304, 2));
        for (var i = 0; i < 20; i++) _folder.Write($"share/small{i}", TestData.Bytes(1000 * i, i));
        var request = new PublishRequest { Name = "share", Path = _folder["share"] };
        var one = await Hash(request, threads: 1);
        var many = await Hash(request, threads: 7);
        Assert.Equal(one.Info.InfoHash, many.Info.InfoHash);
        Assert.Equal(one.Attributes.Hash, many.Attributes.Hash);
        var large = many.Info.Files.Single(file => file.Name == "large.bin");
        Assert.True(large.HasPieceLayer);
        Assert.True(PieceLayers.IsLayerOf(large, many.Layers.HashesOf(large).Span));
    }

    [Fact]
    public async Task A_folder_keeps_empty_folders_empty_files_times_and_modes()
    {
        _folder.Write("share/empty", []);
        _folder.Write("share/sub/one", [1]);
        Directory.CreateDirectory(_folder["share/sub/hollow"]);
        var time = new DateTime(2021, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddTicks(1_234_567);
        File.SetLastWriteTimeUtc(_folder["share/sub/one"], time);
        Directory.SetLastWriteTimeUtc(_folder["share/sub"], time.AddDays(1));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["share/sub/one"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var share = await Hash(new PublishRequest { Name = "named", Path = _folder["share"] });
        Assert.False(share.Info.IsSingleFile);
        Assert.Equal(["empty", "sub/one"], share.Info.Files.Select(file => file.ToString()));
        Assert.Equal(["", "sub", "sub/hollow"], share.Attributes.Directories.Select(directory => string.Join('/', directory.PathComponents)));
        Assert.Equal(time, share.Attributes.Files[1].ModifiedUtc);
        Assert.Equal(time.AddDays(1), share.Attributes.Directories[1].Attributes.ModifiedUtc);
        Assert.Equal(OperatingSystem.IsWindows() ? null : 0b101_000_000, share.Attributes.Files[1].UnixMode);
    }

    [Fact]
    public async Task Equal_content_has_one_info_hash_whatever_its_times()
    {
        var first = _folder.Write("1/same", TestData.Bytes(100_000, 5));
        var second = _folder.Write("2/same", TestData.Bytes(100_000, 5));
        File.SetLastWriteTimeUtc(second, DateTime.UnixEpoch);
        var one = await Hash(new PublishRequest { Name = "same", Path = first });
        var two = await Hash(new PublishRequest { Name = "same", Path = second });
        Assert.Equal(one.Info.InfoHash, two.Info.InfoHash);
        Assert.NotEqual(one.Attributes.Hash, two.Attributes.Hash);
    }

    [Fact]
    public async Task Symbolic_links_are_skipped_or_followed_and_cycles_end()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("share/file", [1, 2, 3]);
        _folder.Write("outside/inner", [4]);
        File.CreateSymbolicLink(_folder["share/link"], _folder["share/file"]);
        Directory.CreateSymbolicLink(_folder["share/dir"], _folder["outside"]);
        Directory.CreateSymbolicLink(_folder["outside/back"], _folder["share"]);
        Directory.CreateSymbolicLink(_folder["share/self"], _folder["share"]);

        var request = new PublishRequest { Name = "share", Path = _folder["share"] };
        var skipped = await Hash(request);
        Assert.Equal(["file"], skipped.Info.Files.Select(file => file.ToString()));
        var followed = await Hash(request with { FollowSymbolicLinks = true });
        Assert.Equal(["dir/inner", "file", "link"], followed.Info.Files.Select(file => file.ToString()));
        Assert.Equal(3, followed.Info.Files[2].Length);
    }

    [Fact]
    public async Task A_link_the_user_names_is_what_it_leads_to()
    {
        if (OperatingSystem.IsWindows()) return;
        var target = _folder.Write("target", [1, 2, 3]);
        File.CreateSymbolicLink(_folder["link"], target);
        var share = await Hash(new PublishRequest { Name = "link", Path = _folder["link"] });
        Assert.Equal(3, share.Info.TotalLength);
    }

    [Fact]
    public async Task A_dangling_link_is_an_error_only_where_links_are_followed()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("share/file", [1]);
        File.CreateSymbolicLink(_folder["share/link"], _folder["nowhere"]);
        var request = new PublishRequest { Name = "share", Path = _folder["share"] };
        Assert.Single((await Hash(request)).Info.Files);
        await Fails(ErrorIds.PathNotFound, request with { FollowSymbolicLinks = true });
    }

    [Fact]
    public async Task Pipes_and_sockets_are_left_out()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("share/file", [1]);
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_folder["share/socket"]));
        using var make = System.Diagnostics.Process.Start("mkfifo", _folder["share/pipe"]);
        await make.WaitForExitAsync();
        var share = await Hash(new PublishRequest { Name = "share", Path = _folder["share"] });
        Assert.Equal(["file"], share.Info.Files.Select(file => file.ToString()));
    }

    [Fact]
    public async Task A_bundle_takes_the_entries_it_is_given()
    {
        _folder.Write("base/a/one", [1]);
        _folder.Write("base/a/two", [2]);
        _folder.Write("base/b/c/three", [3]);
        Directory.CreateDirectory(_folder["base/hollow"]);
        var share = await Hash(new PublishRequest
        {
            Name = "bundle",
            Entries =
            [
                new PublishEntry(_folder["base/b"], "b", Recurse: true),
                new PublishEntry(_folder["base/a/two"], "a/two", Recurse: false),
                new PublishEntry(_folder["base/hollow"], "hollow", Recurse: false),
            ],
        });
        Assert.Equal(["a/two", "b/c/three"], share.Info.Files.Select(file => file.ToString()));
        Assert.Equal(["", "a", "b", "b/c", "hollow"], share.Attributes.Directories.Select(directory => string.Join('/', directory.PathComponents)));
        Assert.Equal(_folder["base/a/two"], share.Files[0].FullPath);
    }

    [Fact]
    public async Task A_bundle_of_one_file_of_its_own_name_is_still_a_folder()
    {
        var path = _folder.Write("x", [1]);
        var share = await Hash(new PublishRequest { Name = "x", Entries = [new PublishEntry(path, "x", false)] });
        Assert.True(share.Info.IsSingleFile);
        Assert.Equal("x/x", SafePath.Map(share.Info, share.Attributes).FilePath(0));
        Assert.Equal("x", SafePath.Map(share.Info, null).FilePath(0));
    }

    [Fact]
    public async Task Names_what_is_wrong_with_the_input()
    {
        await Fails(ErrorIds.PathNotFound, new PublishRequest { Name = "n", Path = _folder["missing"] });
        await Fails(ErrorIds.PathNotFound, new PublishRequest { Name = "n", Entries = [new PublishEntry(_folder["missing"], "m", false)] });
        await Fails(ErrorIds.EmptyShare, new PublishRequest { Name = "n", Path = _folder.Path });
        var file = _folder.Write("f", [1]);
        await Fails(ErrorIds.InvalidName, new PublishRequest { Name = "../n", Path = file });
        await Fails(ErrorIds.InvalidName, new PublishRequest { Name = "", Path = file });
        await Fails(ErrorIds.FileUnreadable, new PublishRequest { Name = "n", Entries = [new PublishEntry(file, "../f", false)] });
        var other = _folder.Write("g", [1]);
        await Fails(ErrorIds.DuplicateShareName, new PublishRequest { Name = "n", Entries = [new PublishEntry(file, "f", false), new PublishEntry(other, "f", false)] });
        await Fails(ErrorIds.InvalidMetadata, new PublishRequest { Name = "n", Entries = [new PublishEntry(file, "f", false), new PublishEntry(other, "f/g", false)] });
    }

    [Fact]
    public async Task An_unreadable_file_is_named()
    {
        var file = _folder.Write("share/secret", [1]);
        var fileSystem = new FaultyFileSystem { OnOpenRead = path => path == file ? new UnauthorizedAccessException("denied") : null };
        var error = await Assert.ThrowsAsync<P2PShareException>(() =>
            new ShareHasher(fileSystem: fileSystem).HashAsync(new PublishRequest { Name = "n", Path = _folder["share"] }, null, default));
        Assert.Equal(ErrorIds.FileUnreadable, error.ErrorId);
        Assert.Equal(file, error.Target);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_changes_while_it_is_hashed_is_named(bool truncate)
    {
        var file = _folder.Write("growing", TestData.Bytes(3_000_000, 1));
        var reads = 0;
        var fileSystem = new FaultyFileSystem
        {
            OnRead = _ =>
            {
                if (Interlocked.Increment(ref reads) != 3) return null;
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                if (truncate) stream.SetLength(100);
                else stream.Write([0]);
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
                return null;
            },
        };
        var error = await Assert.ThrowsAsync<P2PShareException>(() =>
            new ShareHasher(fileSystem: fileSystem).HashAsync(new PublishRequest { Name = "n", Path = file }, null, default));
        Assert.Equal(ErrorIds.FileChanged, error.ErrorId);
    }

    [Fact]
    public async Task Reports_progress_ten_times_a_second_at_most_and_at_the_end()
    {
        var file = _folder.Write("f", TestData.Bytes(8 * 1024 * 1024, 1));
        var time = new FakeTimeProvider();
        var fileSystem = new FaultyFileSystem
        {
            OnRead = _ =>
            {
                time.Advance(TimeSpan.FromMilliseconds(25));
                return null;
            },
        };
        var reports = new List<PublishProgress>();
        await new ShareHasher(time, fileSystem, threads: 1).HashAsync(new PublishRequest { Name = "f", Path = file }, new Immediate(reports), default);
        Assert.InRange(reports.Count, 3, 32 / 4 + 2);
        Assert.Equal(new PublishProgress(8 * 1024 * 1024, 8 * 1024 * 1024, 1, 1, null), reports[^1]);
        Assert.Equal("f", reports[0].CurrentFile);
        Assert.Equal(reports.Select(report => report.BytesHashed).Order(), reports.Select(report => report.BytesHashed));
    }

    [Fact]
    public async Task Cancelling_ends_it()
    {
        var file = _folder.Write("f", TestData.Bytes(8 * 1024 * 1024, 1));
        using var cancel = new CancellationTokenSource();
        var fileSystem = new FaultyFileSystem
        {
            OnRead = _ =>
            {
                cancel.Cancel();
                return null;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new ShareHasher(fileSystem: fileSystem).HashAsync(new PublishRequest { Name = "f", Path = file }, null, cancel.Token));
        Assert.InRange(fileSystem.Reads, 1, 10);
        Assert.Equal(0, fileSystem.OpenFiles);
    }

    private static Task<HashedShare> Hash(PublishRequest request, int? threads = null) =>
        new ShareHasher(threads: threads).HashAsync(request, null, default);

    private static async Task Fails(string errorId, PublishRequest request) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<P2PShareException>(() => Hash(request))).ErrorId);

    private sealed class Immediate(List<PublishProgress> reports) : IProgress<PublishProgress>
    {
        public void Report(PublishProgress value)
        {
            lock (reports) reports.Add(value);
        }
    }
}
