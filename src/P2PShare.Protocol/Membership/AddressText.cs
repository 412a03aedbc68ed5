using System.Net;
using System.Net.Sockets;

namespace P2PShare.Protocol.Membership;

/// <summary>Addresses as membership messages and peer records write them: "192.0.2.1:5000" or "[2001:db8::1]:5000", nothing else.</summary>
public static class AddressText
{
    private const int LongestText = 64;

    /// <summary>The canonical text. IPv4 seen through a dual-mode socket is written as IPv4; a scope, which means nothing on another machine, is dropped.</summary>
    /// <exception cref="ArgumentException">The port is 0.</exception>
    public static string Format(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Port == 0) throw new ArgumentException("An address needs a port.", nameof(address));
        return Canonical(address).ToString();
    }

    /// <summary>The same endpoint as <see cref="Format"/> writes it.</summary>
    public static IPEndPoint Canonical(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var ip = address.Address;
        if (ip.IsIPv4MappedToIPv6) ip = ip.MapToIPv4();
        else if (ip.AddressFamily == AddressFamily.InterNetworkV6 && ip.ScopeId != 0) ip = new IPAddress(ip.GetAddressBytes());
        return new IPEndPoint(ip, address.Port);
    }

    /// <exception cref="MembershipException">Not a canonical address, or port 0.</exception>
    public static IPEndPoint Parse(string text) =>
        text.Length <= LongestText && IPEndPoint.TryParse(text, out var address) && address.Port != 0 && Format(address) == text
            ? address
            : throw new MembershipException(MembershipErrorKind.InvalidAddress, "An address is not \"address:port\" in its canonical form.");
}
