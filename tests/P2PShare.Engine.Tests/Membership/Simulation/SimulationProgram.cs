using System.Diagnostics;
using System.Globalization;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>
/// The entry point of this assembly when it is started by itself: simulations need a process to themselves, because their
/// clock moves only when the thread pool is idle.
/// </summary>
internal static class SimulationProgram
{
    public const string Verb = "simulate";

    public static int Main(string[] args)
    {
        if (args is not [Verb, var name, var seedText, ..] || !Scenarios.All.TryGetValue(name, out var scenario))
        {
            Console.Error.WriteLine($"Usage: {Verb} SCENARIO SEED [STEPS], where SCENARIO is one of {string.Join(", ", Scenarios.All.Keys)}.");
            return 2;
        }

        var seed = int.Parse(seedText, CultureInfo.InvariantCulture);
        var steps = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 0;
        var clock = Stopwatch.StartNew();
        try
        {
            var result = scenario(seed, steps);
            Console.WriteLine($"{name}, seed {seed}: {result} ({clock.Elapsed.TotalSeconds:0.0} s, {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0.0} s of CPU, {Environment.WorkingSet / 1024 / 1024} MiB)");
            return 0;
        }
#pragma warning disable CA1031 // Whatever it is, it is the result.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Console.WriteLine($"{name} failed: {(error is InvalidOperationException ? error.Message : error)}");
            return 1;
        }
    }
}
