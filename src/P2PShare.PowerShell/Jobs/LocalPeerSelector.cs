using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;

namespace P2PShare.PowerShell.Jobs;

/// <summary>From what is given as -Peer (a name, a peer id, a PeerInfo, a job) to peers of this process.</summary>
internal static class LocalPeerSelector
{
    /// <summary>The one peer that is meant; without <paramref name="reference"/> the only one that runs.</summary>
    /// <exception cref="P2PShareException">NoPeerRunning, PeerAmbiguous, PeerNotFound, PeerNotLocal.</exception>
    public static LocalPeer One(object? reference)
    {
        var found = All(reference);
        if (found.Count == 1) return found[0];
        throw new P2PShareException(
            ErrorKind.InvalidArgument,
            CmdletErrorIds.PeerAmbiguous,
            $"{found.Count} peers run in this process: {Names(found)}.",
            reference,
            "Say which one with -Peer.");
    }

    /// <summary>The peers that are meant; without <paramref name="reference"/> all that run.</summary>
    /// <exception cref="P2PShareException">NoPeerRunning, PeerNotFound, PeerNotLocal.</exception>
    public static IReadOnlyList<LocalPeer> All(object? reference)
    {
        var running = LocalPeers.All;
        var value = reference is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : reference;
        if (value is PeerJob job) return running.Contains(job.Peer) ? [job.Peer] : throw NotFound(job.Name, reference, running);
        if (running.IsEmpty && value is null or string) throw NoneRunning();
        switch (value)
        {
            case null:
                return running;
            case PeerInfo info:
                return ById(running, info.PeerId) ?? throw NotLocal(info.Name, reference);
            case string text:
                if (ById(running, text) is { } byId) return byId;
                var exact = running.Where(p => p.Name.Equals(text, StringComparison.OrdinalIgnoreCase)).ToList();
                if (exact.Count > 0) return exact;
                var pattern = new WildcardPattern(text, WildcardOptions.IgnoreCase);
                var matching = running.Where(p => pattern.IsMatch(p.Name)).ToList();
                return matching.Count > 0 ? matching : throw NotFound(text, reference, running);
            default:
                // What came through Export-Clixml or a remote session has lost its type but not its properties.
                var id = PSObject.AsPSObject(reference).Properties["PeerId"]?.Value as string;
                if (id is null) throw NotFound(value.ToString() ?? "", reference, running);
                return ById(running, id) ?? throw NotLocal(value.ToString() ?? id, reference);
        }
    }

    public static P2PShareException NoneRunning() => new(
        ErrorKind.InvalidOperation,
        CmdletErrorIds.NoPeerRunning,
        "No peer runs in this process.",
        null,
        "Start one with Start-P2PPeer.");

    private static IReadOnlyList<LocalPeer>? ById(IEnumerable<LocalPeer> running, string id)
    {
        var found = running.FirstOrDefault(p => p.PeerId.Equals(id, StringComparison.OrdinalIgnoreCase));
        return found is null ? null : [found];
    }

    private static P2PShareException NotFound(string name, object? target, IReadOnlyList<LocalPeer> running) => new(
        ErrorKind.ObjectNotFound,
        CmdletErrorIds.PeerNotFound,
        running.Count == 0 ? $"No peer '{name}' runs in this process; none does." : $"No peer '{name}' runs in this process; running: {Names(running)}.",
        target,
        "Get-P2PPeer -Local lists those that run.");

    private static P2PShareException NotLocal(string name, object? target) => new(
        ErrorKind.InvalidArgument,
        CmdletErrorIds.PeerNotLocal,
        $"The peer '{name}' does not run in this process.",
        target,
        "Get-P2PPeer -Local lists those that do.");

    private static string Names(IReadOnlyList<LocalPeer> peers) => string.Join(", ", peers.Select(p => p.Name));
}
