using System.Collections;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Completion;

/// <summary>The local peers a half-typed command speaks of.</summary>
internal static class CompletionPeers
{
    public static IReadOnlyList<LocalPeer> Meant(IDictionary boundParameters)
    {
        try
        {
            return LocalPeerSelector.All(boundParameters["Peer"]);
        }
        catch (P2PShareException)
        {
            // Nothing runs, or the name is not finished: nothing to offer.
            return [];
        }
    }
}
