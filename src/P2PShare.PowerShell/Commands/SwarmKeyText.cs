using System.Net;
using System.Security;

namespace P2PShare.PowerShell.Commands;

/// <summary>A swarm file's text, given as -SwarmKey.</summary>
internal static class SwarmKeyText
{
    /// <summary>How messages call it.</summary>
    public const string Name = "the swarm given with -SwarmKey";

    public const string HelpMessage = "The text of the swarm file, NAME.swarm.pem, as a SecureString: from a secret store, not typed.";

    /// <summary>The text, in memory alone; null for no key.</summary>
    public static string? Of(SecureString? key) => key is null ? null : new NetworkCredential("", key).Password;
}
