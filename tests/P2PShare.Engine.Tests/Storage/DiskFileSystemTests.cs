using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class DiskFileSystemTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _root;

    public DiskFileSystemTests() => _root = DiskFileSystem.Instance.RealPath(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_created_in_one_step()
    {
        if (!OperatingSystem.IsLinux()) return;
        using (var file = DiskFileSystem.Instance.TryCreate(Path.Combine(_root, "a")))
        {
            // Where the kernel is older than the call there is nothing to see.
            if (file is null) return;
            Assert.Equal(0, file.State.Length);
            Assert.Equal(Path.Combine(_root, "a"), file.RealPath);
            file.Write([1, 2, 3], 0);
            var back = new byte[3];
            Assert.Equal(3, file.Read(back, 0));
        }

        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder["a"]));
        File.WriteAllText(_folder["as .NET does"], "");
        Assert.Equal(File.GetUnixFileMode(_folder["as .NET does"]), File.GetUnixFileMode(_folder["a"]));
    }

    [Theory]
    [InlineData("link/new")]
    [InlineData("folder/link/new")]
    [InlineData("dangling")]
    [InlineData("leading to a file")]
    [InlineData("there")]
    [InlineData("folder")]
    [InlineData("missing/new")]
    public void No_file_is_created_through_a_link_or_in_the_place_of_anything(string name)
    {
        _folder.Write("victim/kept", [7]);
        _folder.Write("there", [8]);
        Directory.CreateDirectory(_folder["folder"]);
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateSymbolicLink(_folder["link"], _folder["victim"]);
            Directory.CreateSymbolicLink(_folder["folder/link"], _folder["victim"]);
            File.CreateSymbolicLink(_folder["dangling"], _folder["victim/new"]);
            File.CreateSymbolicLink(_folder["leading to a file"], _folder["victim/kept"]);
        }

        Assert.Null(DiskFileSystem.Instance.TryCreate(Path.Combine(_root, name)));
        Assert.Equal([_folder["victim/kept"]], Directory.GetFileSystemEntries(_folder["victim"]));
        Assert.Equal([7], File.ReadAllBytes(_folder["victim/kept"]));
        Assert.Equal([8], File.ReadAllBytes(_folder["there"]));
    }

    [Fact]
    public void Renaming_replaces_only_when_told_to()
    {
        _folder.Write("new", [1]);
        _folder.Write("old", [2]);
        Assert.Throws<IOException>(() => DiskFileSystem.Instance.Move(_folder["new"], _folder["old"], overwrite: false));
        Assert.Equal([2], File.ReadAllBytes(_folder["old"]));
        DiskFileSystem.Instance.Move(_folder["new"], _folder["old"], overwrite: true);
        Assert.Equal([1], File.ReadAllBytes(_folder["old"]));
        DiskFileSystem.Instance.Move(_folder["old"], _folder["free"], overwrite: false);
        Assert.Equal([_folder["free"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Renaming_tells_that_a_file_is_gone() =>
        Assert.Throws<FileNotFoundException>(() => DiskFileSystem.Instance.Move(_folder["gone"], _folder["new"], overwrite: true));

    [Fact]
    public void A_link_that_is_renamed_onto_is_replaced_itself()
    {
        if (OperatingSystem.IsWindows()) return;
        _folder.Write("new", [1]);
        _folder.Write("victim", [7]);
        File.CreateSymbolicLink(_folder["link"], _folder["victim"]);
        Assert.Throws<IOException>(() => DiskFileSystem.Instance.Move(_folder["new"], _folder["link"], overwrite: false));
        DiskFileSystem.Instance.Move(_folder["new"], _folder["link"], overwrite: true);
        Assert.Null(new FileInfo(_folder["link"]).LinkTarget);
        Assert.Equal([1], File.ReadAllBytes(_folder["link"]));
        Assert.Equal([7], File.ReadAllBytes(_folder["victim"]));
    }
}
