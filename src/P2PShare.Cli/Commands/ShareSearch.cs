using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Cli.Commands;

/// <summary>From what the user wrote to a search of the catalogue.</summary>
internal static class ShareSearch
{
    /// <summary>The searches to try, in this order, for a name, wildcard or info-hash.</summary>
    public static IReadOnlyList<ShareQuery> Queries(string pattern, string? publisher)
    {
        var literally = new ShareQuery { Publisher = publisher, LiteralNames = [pattern] };
        if (InfoHash.TryParse(pattern, out _)) return [literally, new ShareQuery { Publisher = publisher, InfoHash = pattern }];
        // A share may be called [x].txt: a name that exists as it was written is meant as it was written.
        return pattern.AsSpan().ContainsAny('*', '?', '[')
            ? [literally, new ShareQuery { Publisher = publisher, Names = [pattern] }]
            : [literally];
    }

    public static P2PShareException NotFound(string pattern, string? publisher, IPeer peer)
    {
        var alone = peer.GetPeers().Count < 2;
        return new P2PShareException(
            ErrorKind.ObjectNotFound,
            ErrorIds.ShareNotFound,
            $"No share in swarm {peer.SwarmName} matches '{pattern}'{(publisher is null ? "" : $" of publisher '{publisher}'")}.",
            pattern,
            alone
                ? "This peer is alone in the swarm: name another one with --connect HOST:PORT."
                : "'p2pshare list' shows what there is; --wait waits until there is a match.");
    }
}
