using P2PShare.Cli.CommandLine;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.CommandLine;

/// <summary>A command line that can't be understood is exit code 2, one line that says why, and no stack trace.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("frobnicate")]
    [InlineData("swarm")]
    [InlineData("swarm new")]
    [InlineData("swarm show")]
    [InlineData("cert new --admin a --name b --out c --role boss")]
    [InlineData("cert new --admin a --name b --out c --days 0")]
    [InlineData("send")]
    [InlineData("send x --port 70000")]
    [InlineData("send x --port abc")]
    [InlineData("send x --swarm")]
    [InlineData("send x --copies 0")]
    [InlineData("send x --upload-limit fast")]
    [InlineData("send x --base-path /tmp")]
    [InlineData("send x y --torrent z")]
    [InlineData("send x --unknown")]
    [InlineData("send x --timeout 5")]
    [InlineData("send x --to a,,b")]
    [InlineData("serve --accept-from x")]
    [InlineData("receive")]
    [InlineData("receive --unknown")]
    [InlineData("receive x --torrent y")]
    [InlineData("receive x --timeout soon")]
    [InlineData("receive x --timeout 0")]
    [InlineData("receive x --seed-for 1y")]
    [InlineData("receive x --swarm - --stop-on-eof")]
    [InlineData("peers extra")]
    [InlineData("list --allversions")]
    public async Task Is_exit_code_2(string commandLine)
    {
        var (code, output, errors) = await RunAsync(commandLine);
        Assert.Equal(2, code);
        Assert.StartsWith("p2pshare: ", errors);
        Assert.DoesNotContain("   at ", errors);
        Assert.Equal("", output);
    }

    [Theory]
    [InlineData("--help", "receive")]
    [InlineData("--version", "0.")]
    [InlineData("receive --help", "--seed-for")]
    [InlineData("send --help", "--copies")]
    public async Task Help_and_version_are_exit_code_0(string commandLine, string expected)
    {
        var (code, output, errors) = await RunAsync(commandLine);
        Assert.Equal(0, code);
        Assert.Contains(expected, output);
        Assert.Equal("", errors);
    }

    [Fact]
    public async Task The_program_itself_returns_it()
    {
        var (code, output, errors) = await CliProcess.RunAsync("receive", "x", "--unknown");
        Assert.Equal(2, code);
        Assert.Equal("p2pshare: There is no option '--unknown' here.\nTry 'p2pshare receive --help'.", errors);
        Assert.Equal("", output);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string commandLine)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await CliRoot.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), output, errors);
        return (code, output.ToString(), errors.ToString());
    }
}
