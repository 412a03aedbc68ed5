using System.Globalization;
using System.Text;

namespace P2PShare.Protocol.Metainfo;

/// <summary>A magnet link with a v2 info-hash (BEP 9, BEP 52): <c>xt=urn:btmh:1220…</c>, which may stand beside a v1 <c>urn:btih</c>.</summary>
public sealed class MagnetLink(InfoHash infoHash)
{
    /// <summary>The longest link that is read, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Scheme = "magnet:?";

    // Multihash: 0x12 is SHA-256, 0x20 its length.
    private const string TopicPrefix = "urn:btmh:1220";

    /// <summary>The whole v2 info-hash.</summary>
    public InfoHash InfoHash { get; } = infoHash;

    /// <summary><c>dn</c>: a name to show until the info dictionary is there; not safe for a file system.</summary>
    public string? DisplayName { get; init; }

    /// <summary><c>x.pe</c>: peers to ask, each <c>host:port</c> (an IPv6 address in brackets).</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary><c>tr</c>: trackers.</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Reads a link; parameters nobody here needs, v1 hashes among them, are ignored.</summary>
    /// <exception cref="MetainfoException"><see cref="MetainfoErrorKind.InvalidMagnetLink"/></exception>
    public static MagnetLink Parse(string link)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (link.Length > MaxLength || !link.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) throw Refuse("This is not a magnet link.");

        InfoHash? infoHash = null;
        string? displayName = null;
        var peers = new List<string>();
        var trackers = new List<string>();
        foreach (var parameter in link[Scheme.Length..].Split('&'))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) continue;
            // Several topics may be numbered: xt.1, xt.2.
            var name = parameter[..equals];
            var value = Uri.UnescapeDataString(parameter[(equals + 1)..].Replace('+', ' '));
            if ((name == "xt" || name.StartsWith("xt.", StringComparison.Ordinal)) && value.StartsWith("urn:btmh:", StringComparison.OrdinalIgnoreCase))
            {
                if (!value.StartsWith(TopicPrefix, StringComparison.OrdinalIgnoreCase)
                    || !Metainfo.InfoHash.TryParse(value[TopicPrefix.Length..], out var hash))
                    throw Refuse("The link's urn:btmh is not a SHA-256 multihash.");
                if (infoHash is not null && infoHash != hash) throw Refuse("The link has two v2 info-hashes.");
                infoHash = hash;
            }
            else if (name == "dn")
            {
                displayName ??= value;
            }
            else if (name == "x.pe")
            {
                peers.Add(IsHostAndPort(value) ? value : throw Refuse($"'{value}' is not a host and a port."));
            }
            else if (name == "tr")
            {
                trackers.Add(value);
            }
        }

        if (infoHash is null) throw Refuse("The link has no v2 info-hash (urn:btmh).");
        return new MagnetLink(infoHash.Value) { DisplayName = displayName, Peers = peers, Trackers = trackers };
    }

    /// <summary>The link as text.</summary>
    public override string ToString()
    {
        var link = new StringBuilder(Scheme).Append("xt=").Append(TopicPrefix).Append(InfoHash);
        if (DisplayName is not null) link.Append("&dn=").Append(Uri.EscapeDataString(DisplayName));
        foreach (var tracker in Trackers) link.Append("&tr=").Append(Uri.EscapeDataString(tracker));
        foreach (var peer in Peers) link.Append("&x.pe=").Append(Uri.EscapeDataString(peer));
        return link.ToString();
    }

    private static bool IsHostAndPort(string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return false;
        var host = value[..colon];
        return host is ['[', .. var address, ']']
            ? Uri.CheckHostName(address) == UriHostNameType.IPv6
            : Uri.CheckHostName(host) is UriHostNameType.IPv4 or UriHostNameType.Dns;
    }

    private static MetainfoException Refuse(string message) => new(MetainfoErrorKind.InvalidMagnetLink, message);
}
