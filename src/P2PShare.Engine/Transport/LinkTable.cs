using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>The links of a peer: at most one in use to each other peer. Thread-safe.</summary>
internal sealed class LinkTable(PeerId self)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, Link> _primary = [];
    private readonly HashSet<Link> _all = [];

    public IReadOnlyList<Link> All
    {
        get
        {
            lock (_lock) return [.. _all];
        }
    }

    public Link? Find(PeerId peer)
    {
        lock (_lock) return _primary.GetValueOrDefault(peer) is { IsClosed: false } link ? link : null;
    }

    /// <summary>Takes in a link that has just come up.</summary>
    /// <param name="link">The new link.</param>
    /// <param name="replaced">The link that it takes the place of: closed by the caller when its nonce is another, drained otherwise.</param>
    /// <returns>Whether it is now the link to its peer; otherwise it drains.</returns>
    public bool Add(Link link, out Link? replaced)
    {
        replaced = null;
        lock (_lock)
        {
            _all.Add(link);
            if (_primary.TryGetValue(link.Remote, out var old) && !old.IsClosed)
            {
                if (old.Identity.RemoteNonce == link.Identity.RemoteNonce && !Outranks(link, old))
                {
                    link.IsDraining = true;
                    return false;
                }

                old.IsDraining = true;
                replaced = old;
            }

            _primary[link.Remote] = link;
            return true;
        }
    }

    /// <returns>Whether it was the link to its peer.</returns>
    public bool Remove(Link link)
    {
        lock (_lock)
        {
            _all.Remove(link);
            return _primary.TryGetValue(link.Remote, out var primary) && primary == link && _primary.Remove(link.Remote);
        }
    }

    // Both ends must come to the same choice: the link dialled by the lower id stays.
    private bool Outranks(Link link, Link old) =>
        link.Identity.Dialled != old.Identity.Dialled && link.Identity.Dialled == self < link.Remote;
}
