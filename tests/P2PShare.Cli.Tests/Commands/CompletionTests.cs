using System.Diagnostics;
using P2PShare.Cli.Tests.Support;

namespace P2PShare.Cli.Tests.Commands;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("p2pshare se", "send", "serve")]
    [InlineData("p2pshare send --up", "--upload-limit")]
    public async Task The_program_knows_the_words_of_its_command_line(string typed, params string[] expected)
    {
        await using var program = CliProcess.Start(null, $"[suggest:{typed.Length}]", typed);
        Assert.Equal(0, await program.EndAsync());
        Assert.Equal(expected, program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Bash_completes_with_the_script()
    {
        // Windows' own bash, if any, knows other paths.
        if (OperatingSystem.IsWindows() || !File.Exists("/bin/bash")) return;
        var script = $$"""
            p2pshare() { dotnet '{{Path.Combine(AppContext.BaseDirectory, "p2pshare.dll")}}' "$@"; }
            eval "$(p2pshare completion bash)"
            COMP_LINE='p2pshare send --share' COMP_POINT=21 COMP_WORDS=(p2pshare send --share) COMP_CWORD=2
            _p2pshare
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true };
        foreach (var argument in new[] { "-c", script }) start.ArgumentList.Add(argument);
        using var bash = Process.Start(start)!;
        Assert.Equal("--share-name\n", await bash.StandardOutput.ReadToEndAsync());
    }
}
