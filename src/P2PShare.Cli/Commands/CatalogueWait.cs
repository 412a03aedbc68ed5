using System.CommandLine;
using P2PShare.Cli.CommandLine;

namespace P2PShare.Cli.Commands;

/// <summary>How long a command waits for the swarm's catalogue.</summary>
internal static class CatalogueWait
{
    /// <summary>As in PowerShell's Get- and Receive- commands.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    public static Option<TimeSpan?> Option() => CliOptions.Time("--timeout", "How long to wait for the swarm. Default: 30 seconds.", "SECONDS");

    public static TimeSpan Read(ParseResult parsed, Option<TimeSpan?> option) => parsed.GetValue(option) ?? Default;
}
