using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Transport;

/// <summary>Addresses as people write them: "host:port", "host", "1.2.3.4:5000", "[::1]:5000", "::1".</summary>
public static class Addresses
{
    /// <summary>Reads an address; <see cref="PeerOptions.DefaultPort"/> where none is given.</summary>
    /// <exception cref="P2PShareException">InvalidAddress.</exception>
    public static DnsEndPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        var host = trimmed;
        var port = PeerOptions.DefaultPort;
        if (trimmed.StartsWith('['))
        {
            var end = trimmed.IndexOf(']');
            if (end < 0 || !IPAddress.TryParse(trimmed[1..end], out _)) throw Invalid(text);
            host = trimmed[1..end];
            var rest = trimmed[(end + 1)..];
            if (rest.Length > 0 && (rest[0] != ':' || !TryParsePort(rest[1..], out port))) throw Invalid(text);
        }
        else if (trimmed.Count(c => c == ':') == 1)
        {
            var colon = trimmed.IndexOf(':');
            host = trimmed[..colon];
            if (!TryParsePort(trimmed[(colon + 1)..], out port)) throw Invalid(text);
        }
        else if (trimmed.Contains(':') && !IPAddress.TryParse(trimmed, out _))
        {
            throw Invalid(text);
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown) throw Invalid(text);
        return new DnsEndPoint(host, port);
    }

    /// <summary>"address:port"; IPv6 in brackets, an IPv4 address mapped into IPv6 as IPv4.</summary>
    public static string Format(IPEndPoint endPoint)
    {
        var address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        return new IPEndPoint(address, endPoint.Port).ToString();
    }

    /// <summary>"host:port"; an IPv6 address in brackets.</summary>
    public static string Format(DnsEndPoint endPoint) =>
        endPoint.Host.Contains(':') ? $"[{endPoint.Host}]:{endPoint.Port}" : $"{endPoint.Host}:{endPoint.Port}";

    /// <summary>The same address with another port.</summary>
    public static string WithPort(IPEndPoint endPoint, int port) => Format(new IPEndPoint(endPoint.Address, port));

    internal static bool IsLoopback(string address) =>
        IPEndPoint.TryParse(address, out var endPoint) && IPAddress.IsLoopback(endPoint.Address);

    internal static bool IsUsable(IPAddress address) =>
        address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.Broadcast) && address.GetAddressBytes()[0] is < 224 and > 0,
            AddressFamily.InterNetworkV6 => !address.Equals(IPAddress.IPv6Any) && !address.IsIPv6Multicast,
            _ => false,
        };

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    private static P2PShareException Invalid(string text) => new(
        ErrorKind.InvalidArgument, ErrorIds.InvalidAddress, $"'{text}' is not an address.", text,
        "Give a host name or IP address with a port, such as server1:5000, 192.0.2.7:5000 or [2001:db8::7]:5000.");
}
