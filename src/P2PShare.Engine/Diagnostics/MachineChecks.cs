using System.Runtime.CompilerServices;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Diagnostics;

/// <summary>All that can be checked on a machine where no peer runs.</summary>
internal static class MachineChecks
{
    private const string NeedsPeer = "No peer runs; start one, and test again.";

    public static async IAsyncEnumerable<CheckResult> RunAsync(CheckOptions options, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var address = PeerComposition.ParseListenAddress(options.ListenAddress);
        yield return await LocalChecks.TlsAsync(time, cancellationToken).ConfigureAwait(false);
        yield return options.SwarmText is { } text ? LocalChecks.Certificate(() => SwarmFiles.ReadText(text, time), "-", time)
            : options.SwarmPath is { } path ? LocalChecks.Certificate(() => SwarmFiles.Read(path, time), path, time)
            : Skipped(CheckNames.Certificate, "No swarm file was given, and this user has no swarm of its own.");
        yield return LocalChecks.FreePort(options.Port, address);
        yield return LocalChecks.Firewall(options.Port);
        yield return await LocalChecks.MulticastAsync(address, cancellationToken).ConfigureAwait(false);
        yield return LocalChecks.DiskSpace(options.StateRoot ?? StandardFolders.StateRoot);
        if (options.Folder is { } folder) yield return LocalChecks.DiskSpace(folder);
        foreach (var name in new[] { CheckNames.Membership, CheckNames.DialBack, CheckNames.Clock, CheckNames.KnownAddress }) yield return Skipped(name, NeedsPeer);
    }

    private static CheckResult Skipped(string name, string why) => new() { Name = name, Status = CheckStatus.Skipped, Detail = why };
}
