using System.Diagnostics;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class HomeFolderTests
{
    [Fact]
    public async Task A_user_without_a_home_and_a_name_can_run_a_peer()
    {
        // Such a user is had by a namespace, where the system allows one.
        if (!OperatingSystem.IsLinux() || (await RunAsync("true")).Code != 0) return;
        await using var swarm = await TestSwarm.NewAsync();
        var (code, errors) = await RunAsync(["dotnet", Path.Combine(AppContext.BaseDirectory, "p2pshare.dll"), "list", "--timeout", "60s", .. swarm.Peer("nobody")]);
        Assert.True(code == 0, errors);
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo("unshare", ["--map-user=12345", .. command]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment.Remove("HOME");
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            using var bound = new CancellationTokenSource(CliProcess.Patience + CliProcess.Patience);
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, await errors + await output);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            return (-1, error.Message);
        }
    }
}
