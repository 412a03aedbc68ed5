using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class FreeSpaceTests
{
    private const long GiB = 1L << 30;

    [Theory]
    [InlineData(100 * GiB, 100 * GiB, false)]
    [InlineData(100 * GiB, 90 * GiB, false)]
    [InlineData(100 * GiB, 90 * GiB - 1, true)]
    [InlineData(100 * GiB, 111 * GiB, true)]
    [InlineData(4 * GiB, 3 * GiB, false)]
    [InlineData(4 * GiB, 3 * GiB - 1, true)]
    [InlineData(0, GiB, false)]
    [InlineData(0, GiB + 1, true)]
    [InlineData(long.MaxValue - 1, 0, true)]
    [InlineData(FreeSpace.Unknown, 0, true)]
    [InlineData(0, FreeSpace.Unknown, true)]
    [InlineData(FreeSpace.Unknown, FreeSpace.Unknown, false)]
    public void News_is_what_changed_by_more_than_a_tenth_and_a_gibibyte(long told, long now, bool isNews) => Assert.Equal(isNews, FreeSpace.IsNews(told, now));

    [Fact]
    public void What_the_system_does_not_say_is_unknown()
    {
        var fileSystem = new FaultyFileSystem { Available = long.MaxValue };
        Assert.Equal(FreeSpace.Unknown, new FreeSpace(fileSystem, "/data").Measure());
        fileSystem.Available = 42;
        Assert.Equal(42, new FreeSpace(fileSystem, "/data").Measure());
    }

    [Fact]
    public void A_real_folder_has_some_and_a_missing_one_is_unknown()
    {
        Assert.InRange(new FreeSpace(DiskFileSystem.Instance, Path.GetTempPath()).Measure(), 0, long.MaxValue - 1);
        if (!OperatingSystem.IsWindows()) Assert.Equal(FreeSpace.Unknown, new FreeSpace(DiskFileSystem.Instance, Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())).Measure());
    }
}
