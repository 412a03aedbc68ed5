using System.Runtime.Versioning;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Tests.Identity;

[UnsupportedOSPlatform("windows")]
public sealed class FilePrivacyTests
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Refuses_a_swarm_file_that_others_may_read_or_write(UnixFileMode extra)
    {
        if (OperatingSystem.IsWindows()) return;
        using var swarm = new TestSwarm();
        File.SetUnixFileMode(swarm.SwarmPath, Private | extra);

        var error = Assert.Throws<P2PShareException>(() => SwarmCredentials.Load(swarm.SwarmPath, force: false, swarm.Clock));
        Assert.Equal(ErrorIds.SwarmFileNotPrivate, error.ErrorId);
        Assert.Equal($"chmod 600 '{swarm.SwarmPath}'", error.Recommendation);
        SwarmCredentials.Load(swarm.SwarmPath, force: true, swarm.Clock).Dispose();
    }

    [Fact]
    public void The_repair_line_quotes_the_path_for_a_shell() => Assert.Equal("'/a b/it'\\''s.pem'", FilePrivacy.Quote("/a b/it's.pem"));

    [Fact]
    public void Refuses_the_file_of_another_user()
    {
        var error = Assert.Throws<P2PShareException>(() => FilePrivacy.CheckUnix("/x", Private, owner: 1001, user: 1000, () => false));
        Assert.Equal(ErrorIds.SwarmFileNotPrivate, error.ErrorId);
        Assert.Equal("sudo chown 1000 '/x' && chmod 600 '/x'", error.Recommendation);
    }

    [Theory]
    [InlineData(1000u)]
    [InlineData(0u)]
    public void Takes_a_private_file_of_ones_own_and_of_root(uint owner) => FilePrivacy.CheckUnix("/x", Private, owner, user: 1000, () => false);

    [Fact]
    public void Takes_any_file_of_a_read_only_mount() => FilePrivacy.CheckUnix("/x", Private | UnixFileMode.OtherRead, owner: 1001, user: 1000, () => true);

    [Theory]
    [InlineData("41", true)]
    [InlineData("42", false)]
    [InlineData("43", true)]
    [InlineData("4", false)]
    public void Finds_a_read_only_mount(string mountId, bool expected)
    {
        string[] mounts =
        [
            "41 28 0:45 / /run/secrets ro,nosuid,relatime shared:7 - tmpfs tmpfs rw,size=64k",
            "42 28 8:1 /home /home rw,relatime master:1 shared:2 - ext4 /dev/sda1 rw,errors=remount-ro",
            "43 28 8:2 / /mnt/cd rw,relatime - iso9660 /dev/sr0 ro",
        ];
        Assert.Equal(expected, UnixNative.IsReadOnly(mounts, mountId));
    }

    [Fact]
    public void Tells_who_owns_a_file()
    {
        if (!OperatingSystem.IsLinux()) return;
        using var swarm = new TestSwarm();
        using var handle = File.OpenHandle(swarm.SwarmPath);
        Assert.Equal(UnixNative.EffectiveUser, UnixNative.OwnerOf(handle));
        Assert.Equal(UnixNative.EffectiveUser, UnixNative.OwnerOf(swarm.SwarmPath));
        Assert.Equal(0u, UnixNative.OwnerOf("/"));
        Assert.False(UnixNative.IsOnReadOnlyMount(handle));
    }
}
