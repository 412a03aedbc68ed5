using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>
/// Runs simulations of the membership, each in a process of its own. By hand:
/// <c>dotnet P2PShare.Engine.Tests.dll simulate churn 7 5000</c>. P2PSHARE_SIM_STEPS sets the steps of churn
/// here, P2PSHARE_SIM_PEERS the size of the swarm that is joined.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("cold-start", 1)]
    [InlineData("take-over", 1)]
    [InlineData("isolated-member", 1)]
    [InlineData("no-direct-way", 1)]
    [InlineData("undialable-senior", 1)]
    [InlineData("two-halves", 1)]
    [InlineData("flapping-coordinator", 1)]
    public Task A_named_case_ends_in_agreement(string scenario, int seed) => SimulateAsync(scenario, seed, 0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task After_faults_in_random_order_all_who_reach_each_other_agree(int seed) => SimulateAsync("churn", seed, Setting("P2PSHARE_SIM_STEPS", 500));

    [Fact]
    public Task A_join_costs_the_newcomer_by_the_size_of_the_swarm_and_everybody_else_the_same() => SimulateAsync("joins", 1, Setting("P2PSHARE_SIM_PEERS", 200));

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private async Task SimulateAsync(string scenario, int seed, int steps)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        var start = new ProcessStartInfo(host, [typeof(SimulationTests).Assembly.Location, SimulationProgram.Verb, scenario, seed.ToString(CultureInfo.InvariantCulture), steps.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // One pool thread at a time: what happens at one moment happens in one order.
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["DOTNET_gcServer"] = "0";
        using var process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(Bound);
        try
        {
            var said = process.StandardOutput.ReadToEndAsync(bound.Token);
            var complained = process.StandardError.ReadToEndAsync(bound.Token);
            await process.WaitForExitAsync(bound.Token);
            var text = await said + await complained;
            output.WriteLine(text);
            Assert.True(process.ExitCode == 0, text);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
