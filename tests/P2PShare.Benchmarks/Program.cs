using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using P2PShare.Benchmarks.Processes;

if (args is ["peer", ..])
{
    if (PeerArguments.Parse(args.AsSpan(1)) is { } arguments)
    {
        await new PeerProcess(arguments).RunAsync();
        return 0;
    }

    Console.Error.WriteLine("usage: " + PeerArguments.Usage);
    return 2;
}

// In process: the runner's own builds would need to know this repository's settings, and its version list ends before this runtime.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
return 0;
