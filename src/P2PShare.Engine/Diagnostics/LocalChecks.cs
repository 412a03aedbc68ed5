using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Diagnostics;

/// <summary>The checks for which no other machine is needed.</summary>
internal static class LocalChecks
{
    private const long LowSpace = 1L << 30;

    private static readonly TimeSpan WarnBeforeEnd = TimeSpan.FromDays(30);

    public static async Task<CheckResult> TlsAsync(PeerIdentity identity, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await TlsSelfTest.RunAsync(identity, time, cancellationToken).ConfigureAwait(false);
            return new CheckResult { Name = CheckNames.Tls13, Status = CheckStatus.Passed, Detail = "This system makes mutual TLS 1.3 connections." };
        }
        catch (P2PShareException error)
        {
            return Failed(CheckNames.Tls13, error);
        }
    }

    /// <summary>With a swarm of the moment, for where there is no swarm file.</summary>
    public static async Task<CheckResult> TlsAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("p2pshare-test-").FullName;
        try
        {
            var swarm = SwarmFiles.Create("test", folder, overwrite: false, time);
            using var identity = PeerIdentity.Open(SwarmCredentials.Load(swarm.SwarmPath, force: false, time), folder, time);
            return await TlsAsync(identity, time, cancellationToken).ConfigureAwait(false);
        }
        catch (P2PShareException error)
        {
            return Failed(CheckNames.Tls13, error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static CheckResult Certificate(Func<SwarmInfo> read, string path, TimeProvider time)
    {
        try
        {
            return Certificate(read(), leafEnd: null, time);
        }
        catch (P2PShareException error)
        {
            return Failed(CheckNames.Certificate, error) with { Target = path };
        }
    }

    /// <param name="leafEnd">When this machine's own certificate ends; null when it has none yet.</param>
    public static CheckResult Certificate(SwarmInfo swarm, DateTime? leafEnd, TimeProvider time)
    {
        (string What, DateTime End)[] ends = [("The swarm's root certificate", swarm.RootNotAfter), ("The certificate in the file", swarm.NotAfter), .. leafEnd is { } leaf ? [("This machine's certificate", leaf)] : Array.Empty<(string, DateTime)>()];
        var (what, end) = ends.MinBy(e => e.End);
        var left = end - time.GetUtcNow().UtcDateTime;
        return new CheckResult
        {
            Name = CheckNames.Certificate,
            Target = swarm.SwarmPath,
            Status = left <= TimeSpan.Zero ? CheckStatus.Failed : left < WarnBeforeEnd ? CheckStatus.Warning : CheckStatus.Passed,
            Detail = $"{what} of the swarm '{swarm.Name}' {(left <= TimeSpan.Zero ? "ended" : "ends first")}, on {end:yyyy-MM-dd}.",
            Recommendation = left < WarnBeforeEnd ? "Ask the swarm's administrator for a new file before then." : "",
        };
    }

    /// <summary>Whether a port could be listened on by a peer that is not running.</summary>
    public static CheckResult FreePort(int port, IPAddress? address)
    {
        try
        {
            using var socket = new Socket((address ?? IPAddress.IPv6Any).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address is null) socket.DualMode = true;
            socket.Bind(new IPEndPoint(address ?? IPAddress.IPv6Any, port));
            return Port(port, $"Port {port} is free. No peer runs in this process.");
        }
        catch (SocketException error)
        {
            return Port(port, $"Port {port} cannot be listened on: {error.Message}.", "Stop what uses it, or give another port. A peer of another process may be it.");
        }
    }

    /// <summary>Whether the port of a running peer is really its own.</summary>
    public static async Task<CheckResult> BoundPortAsync(int port, IPAddress? address, CancellationToken cancellationToken)
    {
        var target = new IPEndPoint(address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address, port);
        try
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, cancellationToken).ConfigureAwait(false);
            return Port(port, $"This peer listens on port {port}.");
        }
        catch (SocketException error)
        {
            return Port(port, $"This peer listens on port {port}, but not even this machine reaches it at {target}: {error.Message}.", "Look for a firewall or security software on this machine that interferes.");
        }
    }

    public static CheckResult Firewall(int port)
    {
        var program = Environment.ProcessPath ?? "";
        if (!OperatingSystem.IsWindows())
            return new CheckResult { Name = CheckNames.Firewall, Status = CheckStatus.Skipped, Detail = "Only Windows blocks by program; DialBack tells whether a firewall is in the way.", Target = program };
        try
        {
            return Firewall(WindowsFirewall.FindBlocking(WindowsFirewall.ReadRules(), program, port), program, port);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return new CheckResult { Name = CheckNames.Firewall, Status = CheckStatus.Skipped, Detail = $"The firewall's rules cannot be read: {error.Message}", Target = program };
        }
    }

    public static CheckResult Firewall(IReadOnlyList<string> blocking, string program, int port) => blocking.Count == 0
        ? new CheckResult { Name = CheckNames.Firewall, Status = CheckStatus.Passed, Detail = $"No rule of the firewall blocks '{program}'.", Target = program }
        : new CheckResult
        {
            Name = CheckNames.Firewall,
            Status = CheckStatus.Failed,
            Target = program,
            Detail = $"The firewall blocks '{program}' by {(blocking.Count == 1 ? "the rule" : "the rules")} {string.Join(", ", blocking.Select(name => $"'{name}'"))}.",
            Recommendation = $"A rule that blocks wins over all that allow: remove it (Remove-NetFirewallRule), and allow TCP port {port}.",
        };

    public static async Task<CheckResult> MulticastAsync(IPAddress? listenAddress, CancellationToken cancellationToken)
    {
        const string Static = "Peers of one network find each other by multicast; without it, give an address with -ConnectTo.";
        var works = new List<string>();
        var problems = new List<string>();
        foreach (var (name, address) in MulticastCheck.Interfaces(listenAddress))
        {
            if (await MulticastCheck.TryAsync(address, cancellationToken).ConfigureAwait(false) is { } problem) problems.Add($"{name}: {problem}");
            else works.Add(name);
        }

        var result = new CheckResult { Name = CheckNames.Multicast, Status = CheckStatus.Passed, Detail = $"Multicast works on this machine's side, on {string.Join(", ", works)}." };
        if (works.Count > 0) return result;
        return problems.Count == 0
            ? result with { Status = CheckStatus.Skipped, Detail = "There is no interface with multicast and an IPv4 address.", Recommendation = Static }
            : result with { Status = CheckStatus.Warning, Detail = $"Multicast does not work: {string.Join("; ", problems)}.", Recommendation = Static };
    }

    public static CheckResult DiskSpace(string folder)
    {
        try
        {
            var existing = Path.GetFullPath(folder);
            while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent) existing = parent;
            var free = new DriveInfo(existing).AvailableFreeSpace;
            var low = free < LowSpace;
            return new CheckResult
            {
                Name = CheckNames.DiskSpace,
                Target = folder,
                Status = low ? CheckStatus.Warning : CheckStatus.Passed,
                Detail = $"{free / (1 << 20):N0} MiB are free where '{folder}' is.",
                Recommendation = low ? "Make room, or receive into another folder." : "",
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new CheckResult { Name = CheckNames.DiskSpace, Target = folder, Status = CheckStatus.Failed, Detail = $"'{folder}' cannot be looked at: {error.Message}", Recommendation = "Give a folder in which you may write." };
        }
    }

    public static CheckResult Failed(string name, P2PShareException error) =>
        new() { Name = name, Status = CheckStatus.Failed, Detail = error.Message, Recommendation = error.Recommendation ?? "" };

    /// <param name="recommendation">What to do; nothing need be done when it is left out.</param>
    private static CheckResult Port(int port, string detail, string recommendation = "") => new()
    {
        Name = CheckNames.Port,
        Status = recommendation.Length == 0 ? CheckStatus.Passed : CheckStatus.Failed,
        Target = $"{port}",
        Detail = detail,
        Recommendation = recommendation,
    };
}
