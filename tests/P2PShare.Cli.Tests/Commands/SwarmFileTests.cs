using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class SwarmFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task New_writes_both_files_and_says_which_is_which()
    {
        var (code, lines, _) = await CliProcess.RunJsonAsync("swarm", "new", "--name", "lab", "--out", _folder["made"]);

        Assert.Equal(0, code);
        var swarm = Assert.Single(lines).GetProperty("swarm");
        Assert.Equal("lab", swarm.Text("name"));
        Assert.Equal(40, swarm.Text("swarmId")!.Length);
        Assert.Equal(Path.Combine(_folder["made"], "lab.swarm.pem"), swarm.Text("swarmPath"));
        Assert.Equal(Path.Combine(_folder["made"], "lab.admin.pem"), swarm.Text("adminPath"));
        Assert.True(File.Exists(swarm.Text("swarmPath")));
        Assert.True(File.Exists(swarm.Text("adminPath")));
    }

    [Fact]
    public async Task New_never_replaces_a_swarm_unless_told_to()
    {
        await NewAsync();
        var before = File.ReadAllText(_folder["lab.swarm.pem"]);

        var (code, _, errors) = await CliProcess.RunAsync("swarm", "new", "--name", "lab", "--out", _folder.FullPath);
        Assert.Equal(1, code);
        Assert.Contains("SwarmFileExists", errors);
        Assert.Equal(before, File.ReadAllText(_folder["lab.swarm.pem"]));

        Assert.Equal(0, (await CliProcess.RunAsync("swarm", "new", "--name", "lab", "--out", _folder.FullPath, "--force")).Code);
        Assert.NotEqual(before, File.ReadAllText(_folder["lab.swarm.pem"]));
    }

    [Theory]
    [InlineData("lab.swarm.pem", "Join")]
    [InlineData("lab.admin.pem", "Admin")]
    public async Task Show_says_what_a_file_may_do(string file, string authority)
    {
        await NewAsync();
        var (code, lines, _) = await CliProcess.RunJsonAsync("swarm", "show", _folder[file]);
        Assert.Equal(0, code);
        Assert.Equal(authority, Assert.Single(lines).GetProperty("swarm").Text("authority"));
    }

    [Fact]
    public async Task Show_of_a_missing_file_is_SwarmNotFound()
    {
        var (code, lines, errors) = await CliProcess.RunJsonAsync("swarm", "show", _folder["none.pem"]);
        Assert.Equal(1, code);
        Assert.Equal("SwarmNotFound", Assert.Single(lines).Text("errorId"));
        Assert.Contains("none.pem", errors);
    }

    [Fact]
    public async Task Show_of_a_file_that_is_no_PEM_is_SwarmFileInvalid()
    {
        var (code, _, errors) = await CliProcess.RunAsync("swarm", "show", _folder.WriteText("x.pem", "no PEM at all"));
        Assert.Equal(1, code);
        Assert.Contains("SwarmFileInvalid", errors);
    }

    [Fact]
    public async Task Cert_new_signs_a_leaf_with_name_and_role()
    {
        await NewAsync();
        var (code, lines, errors) = await CliProcess.RunJsonAsync("cert", "new", "--admin", _folder["lab.admin.pem"], "--name", "web1", "--role", "client", "--days", "30", "--out", _folder["web1.pem"]);

        Assert.True(code == 0, errors);
        var made = Assert.Single(lines).GetProperty("swarm");
        Assert.Equal("web1", made.Text("peerName"));
        Assert.Equal("Client", made.Text("role"));
        Assert.Equal("Peer", made.Text("authority"));
        Assert.InRange(made.GetProperty("notAfter").GetDateTime(), DateTime.UtcNow.AddDays(29), DateTime.UtcNow.AddDays(31));
    }

    [Fact]
    public async Task Cert_new_needs_the_admin_file()
    {
        await NewAsync();
        var (code, _, errors) = await CliProcess.RunAsync("cert", "new", "--admin", _folder["lab.swarm.pem"], "--name", "web1", "--out", _folder["web1.pem"]);
        Assert.Equal(1, code);
        Assert.Contains("AdminFileRequired", errors);
        Assert.False(File.Exists(_folder["web1.pem"]));
    }

    private async Task NewAsync()
    {
        var (code, _, errors) = await CliProcess.RunAsync("swarm", "new", "--name", "lab", "--out", _folder.FullPath);
        Assert.True(code == 0, errors);
    }
}
