using System.Runtime.Versioning;
using Microsoft.Win32;

namespace P2PShare.Engine.Diagnostics;

/// <summary>
/// Reads the rules of Windows' firewall where they are stored. One that blocks a program wins over any that allows it, and
/// Windows makes such a rule when somebody once clicked the question away.
/// </summary>
internal static class WindowsFirewall
{
    private const string RulesKey = @"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules";
    private const string TcpNumber = "6";

    [SupportedOSPlatform("windows")]
    public static IReadOnlyList<string> ReadRules()
    {
        using var key = Registry.LocalMachine.OpenSubKey(RulesKey);
        if (key is null) return [];
        return [.. key.GetValueNames().Select(name => key.GetValue(name) as string).OfType<string>()];
    }

    /// <summary>The names of active rules that block incoming TCP to a program or port.</summary>
    /// <param name="rules">As stored: "v2.31|Action=Block|Active=TRUE|Dir=In|Protocol=6|App=C:\...\pwsh.exe|Name=...|".</param>
    /// <param name="program">The full path of the host program.</param>
    /// <param name="port">The port it listens on.</param>
    public static IReadOnlyList<string> FindBlocking(IEnumerable<string> rules, string program, int port)
    {
        var blocking = new List<string>();
        foreach (var rule in rules)
        {
            var fields = rule.Split('|', StringSplitOptions.RemoveEmptyEntries)
                .Select(field => field.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .ToLookup(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
            if (!Is("Action", "Block") || !Is("Active", "TRUE") || !Is("Dir", "In")) continue;
            if (fields["Protocol"].Any() && !Is("Protocol", TcpNumber)) continue;
            if (fields["App"].Any() && !fields["App"].Any(app => IsProgram(app, program))) continue;
            if (fields["LPort"].Any() && !fields["LPort"].Any(ports => Contains(ports, port))) continue;
            // A rule for neither would block everything; such ones are for services or packages, and name them.
            if (!fields["App"].Any() && !fields["LPort"].Any()) continue;
            blocking.Add(fields["Name"].FirstOrDefault() ?? "without a name");

            bool Is(string key, string value) => fields[key].Any(found => found.Equals(value, StringComparison.OrdinalIgnoreCase));
        }

        return blocking;
    }

    private static bool IsProgram(string app, string program) =>
        Environment.ExpandEnvironmentVariables(app).Equals(program, StringComparison.OrdinalIgnoreCase);

    private static bool Contains(string ports, int port) => ports.Split(',').Any(part =>
    {
        var ends = part.Split('-', 2);
        return int.TryParse(ends[0], out var first) && (ends.Length == 1 ? first == port : int.TryParse(ends[1], out var last) && first <= port && port <= last);
    });
}
