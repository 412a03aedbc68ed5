using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace P2PShare.Protocol.Discovery;

/// <summary>
/// A datagram of local service discovery (BEP 14): who can be reached for which torrents at the port named in it, at the
/// address it came from. It proves nothing: an address to try, at best.
/// </summary>
public sealed record LocalAnnouncement
{
    /// <summary>The UDP port of the groups.</summary>
    public const int GroupPort = 6771;

    /// <summary>The longest datagram looked at (BEP 14).</summary>
    public const int MaxLength = 1400;

    /// <summary>The most ids looked at in one datagram.</summary>
    public const int MaxIds = 32;

    /// <summary>The most characters of a cookie.</summary>
    public const int MaxCookie = 64;

    // Other clients announce torrents to the same groups: this tells who announces a swarm.
    private const string CookiePrefix = "p2pshare-";
    private const string RequestLine = "BT-SEARCH * HTTP/1.1";
    private const int MaxLines = 64;

    /// <summary>The group of IPv4.</summary>
    public static IPAddress Group4 { get; } = IPAddress.Parse("239.192.152.143");

    /// <summary>The group of IPv6.</summary>
    public static IPAddress Group6 { get; } = IPAddress.Parse("ff15::efc0:988f");

    /// <summary>The TCP port of who announces, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>What it offers, 1 to 32.</summary>
    public required IReadOnlyList<DiscoveryId> Ids { get; init; }

    /// <summary>By which a sender knows its own datagrams again; at most 64 printable characters without blanks, empty for none.</summary>
    public string Cookie { get; init; } = "";

    /// <summary>Whether it is of a P2PShare peer, of whatever swarm.</summary>
    public bool IsOfSwarm => Cookie.StartsWith(CookiePrefix, StringComparison.Ordinal);

    /// <summary>A cookie that marks a P2PShare peer.</summary>
    /// <param name="random">A number chosen once by each process.</param>
    public static string MakeCookie(long random) => CookiePrefix + random.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The datagram for the group of one family.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The port is none.</exception>
    /// <exception cref="InvalidOperationException">Ids or a cookie that no reader would accept.</exception>
    public byte[] Encode(AddressFamily family)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Port, 1, nameof(Port));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Port, IPEndPoint.MaxPort, nameof(Port));
        if (Ids.Count is 0 or > MaxIds) throw new InvalidOperationException("An announcement has 1 to 32 ids.");
        if (!IsCookie(Cookie)) throw new InvalidOperationException("A cookie has at most 64 printable characters.");
        var host = family == AddressFamily.InterNetworkV6 ? $"[{Group6}]" : Group4.ToString();
        var text = new StringBuilder(256);
        text.Append(CultureInfo.InvariantCulture, $"{RequestLine}\r\nHost: {host}:{GroupPort}\r\nPort: {Port}\r\n");
        foreach (var id in Ids) text.Append(CultureInfo.InvariantCulture, $"Infohash: {id}\r\n");
        if (Cookie.Length > 0) text.Append(CultureInfo.InvariantCulture, $"cookie: {Cookie}\r\n");
        text.Append("\r\n\r\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Reads a datagram. Header names are not case-sensitive, unknown ones and ids of other lengths are passed over.</summary>
    /// <returns>False for whatever is no such announcement.</returns>
    public static bool TryParse(ReadOnlySpan<byte> datagram, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LocalAnnouncement? announcement)
    {
        announcement = null;
        if (datagram.Length > MaxLength || datagram.ContainsAnyExceptInRange((byte)'\n', (byte)'~')) return false;
        Span<char> text = stackalloc char[datagram.Length];
        Encoding.ASCII.GetChars(datagram, text);

        if (!TryReadLine(ref text, out var line) || !line.SequenceEqual(RequestLine)) return false;
        var port = 0;
        string? cookie = null;
        var ids = new List<DiscoveryId>(1);
        for (var lines = 0; TryReadLine(ref text, out line); lines++)
        {
            if (line.IsEmpty)
            {
                // BEP 14 ends with two empty lines, some senders with one.
                if (!text.IsEmpty && !text.SequenceEqual("\r\n")) return false;
                if (port == 0 || ids.Count == 0) return false;
                announcement = new LocalAnnouncement { Port = port, Ids = ids, Cookie = cookie ?? "" };
                return true;
            }

            var colon = line.IndexOf(':');
            if (lines >= MaxLines || colon <= 0) return false;
            var value = line[(colon + 1)..].Trim(' ');
            switch (line[..colon])
            {
                case var name when Is(name, "port"):
                    if (port != 0 || !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > IPEndPoint.MaxPort) return false;
                    break;
                case var name when Is(name, "infohash"):
                    if (!DiscoveryId.TryParse(value, out var id)) break;
                    if (ids.Count == MaxIds) return false;
                    ids.Add(id);
                    break;
                case var name when Is(name, "cookie"):
                    if (cookie is not null || !IsCookie(value)) return false;
                    cookie = value.ToString();
                    break;
            }
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<char> name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static bool IsCookie(ReadOnlySpan<char> text) => text.Length <= MaxCookie && !text.ContainsAnyExceptInRange('!', '~');

    private static bool TryReadLine(ref Span<char> text, out ReadOnlySpan<char> line)
    {
        var end = text.IndexOf("\r\n");
        line = end < 0 ? default : text[..end];
        if (end < 0 || line.ContainsAny('\r', '\n')) return false;
        text = text[(end + 2)..];
        return true;
    }
}
