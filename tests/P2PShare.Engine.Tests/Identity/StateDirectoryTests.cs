using System.Diagnostics;
using System.Globalization;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Identity;

public sealed class StateDirectoryTests : IDisposable
{
    private static readonly SwarmId Id = new(Convert.FromHexString("00112233445566778899aabbccddeeff00112233"));

    private readonly string _root = TempFolder.Create();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Lies_under_swarm_and_peer_name()
    {
        using var state = StateDirectory.Acquire(_root, "lab", Id, "one");
        Assert.Equal(Path.Combine(_root, "lab-00112233", "one"), state.Path);
        Assert.Equal("one", state.PeerName);
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(state.Path));
    }

    [Fact]
    public void Without_a_name_takes_the_hosts_and_counts_on()
    {
        using var first = Unnamed();
        using var second = Unnamed();
        var third = Unnamed();
        Assert.Equal(["host", "host-2", "host-3"], [first.PeerName, second.PeerName, third.PeerName]);
        third.Dispose();
        using var again = Unnamed();
        Assert.Equal("host-3", again.PeerName);
    }

    [Theory]
    [InlineData("my.host_1", "my.host_1")]
    [InlineData("a b/c", "a-b-c")]
    [InlineData("../..", "peer")]
    [InlineData("", "peer")]
    [InlineData("con", "peer-con")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void Makes_a_name_of_any_host(string host, string expected)
    {
        using var state = StateDirectory.Acquire(_root, "lab", Id, null, host);
        Assert.Equal(expected, state.PeerName);
    }

    [Fact]
    public void A_taken_name_names_the_process()
    {
        using var first = StateDirectory.Acquire(_root, "lab", Id, "one");
        var error = Assert.Throws<P2PShareException>(() => StateDirectory.Acquire(_root, "lab", Id, "one"));
        Assert.Equal(ErrorIds.PeerAlreadyRunning, error.ErrorId);
        Assert.Contains("process " + Environment.ProcessId.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_released_name_is_free()
    {
        StateDirectory.Acquire(_root, "lab", Id, "one").Dispose();
        StateDirectory.Acquire(_root, "lab", Id, "one").Dispose();
    }

    [Fact]
    public void The_name_is_taken_only_in_its_swarm()
    {
        using var first = StateDirectory.Acquire(_root, "lab", Id, "one");
        using var second = StateDirectory.Acquire(_root, "other", Id, "one");
        Assert.NotEqual(first.Path, second.Path);
    }

    [Fact]
    public async Task A_name_taken_by_another_process_is_taken()
    {
        // flock(1) holds the lock the way any other process would.
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/flock")) return;
        var path = StateDirectoryPath();
        using var holder = Process.Start(new ProcessStartInfo("/usr/bin/flock", ["-x", Path.Combine(path, "lock"), "-c", "echo held; read line"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        try
        {
            Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());
            Assert.Equal(ErrorIds.PeerAlreadyRunning, Assert.Throws<P2PShareException>(() => StateDirectory.Acquire(_root, "lab", Id, "one")).ErrorId);
        }
        finally
        {
            await holder.StandardInput.WriteLineAsync();
            await holder.WaitForExitAsync();
        }

        StateDirectory.Acquire(_root, "lab", Id, "one").Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("nul")]
    public void Refuses_a_name_that_is_no_folder_name(string name) =>
        Assert.Equal(ErrorIds.InvalidName, Assert.Throws<P2PShareException>(() => StateDirectory.Acquire(_root, "lab", Id, name)).ErrorId);

    [Fact]
    public void A_root_that_cannot_be_a_folder_is_unusable()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");
        var error = Assert.Throws<P2PShareException>(() => StateDirectory.Acquire(file, "lab", Id, "one"));
        Assert.Equal(ErrorIds.StateDirectoryUnusable, error.ErrorId);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_open_to_others_is_closed()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = StateDirectoryPath();
        File.SetUnixFileMode(path, (UnixFileMode)0x1FF);
        using var state = StateDirectory.Acquire(_root, "lab", Id, "one");
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(path));
    }

    private StateDirectory Unnamed() => StateDirectory.Acquire(_root, "lab", Id, null, "host");

    private string StateDirectoryPath()
    {
        using var state = StateDirectory.Acquire(_root, "lab", Id, "one");
        return state.Path;
    }
}
