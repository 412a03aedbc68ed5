using P2PShare.Engine.Catalogue;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine;

// Who has what, as the catalogue says.
internal sealed partial class SwarmPeer
{
    public IReadOnlyList<ShareHolder> GetHolders(string infoHash)
    {
        var present = _membership.View.Present;
        return
        [
            .. _store.HoldersOf(ParseInfoHash(infoHash))
                .Where(holder => present.Contains(holder.Peer))
                .Select(holder => new ShareHolder(holder.Peer.ToString(), _membership.NameOf(holder.Peer), holder.State == HoldingState.Complete))
                .OrderBy(holder => holder.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    public IReadOnlyList<string> GetLinkedPeers() => [.. _transport.Links.Where(link => !link.IsClosed).Select(link => link.Remote.ToString()).Distinct()];
}
