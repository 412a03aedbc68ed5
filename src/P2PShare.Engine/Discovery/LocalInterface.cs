using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace P2PShare.Engine.Discovery;

/// <summary>One interface of this machine in one family: what is announced from it comes from its address.</summary>
/// <param name="Index">The system's number of the interface.</param>
/// <param name="Address">Its address; with several the first that can be used elsewhere too.</param>
/// <param name="PrefixLength">How many bits its network has.</param>
internal sealed record LocalInterface(int Index, IPAddress Address, int PrefixLength)
{
    public AddressFamily Family => Address.AddressFamily;

    /// <summary>The interfaces that are up, loopback among them; just the one with the address <paramref name="only"/> when it is given.</summary>
    public static IReadOnlyList<LocalInterface> GetAll(IPAddress? only)
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .Where(network => network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .Where(network => network.SupportsMulticast || network.NetworkInterfaceType == NetworkInterfaceType.Loopback)
                .SelectMany(network => Of(network, only))];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    /// <summary>Whether an address is of this interface's network.</summary>
    public bool IsNeighbour(IPAddress address)
    {
        if (address.AddressFamily != Family) return false;
        if (address.IsIPv6LinkLocal) return address.ScopeId == Index;
        var (own, other) = (Address.GetAddressBytes(), address.GetAddressBytes());
        // A link's hosts share 64 bits even where each was given a whole address by itself.
        var length = Family == AddressFamily.InterNetworkV6 ? Math.Min(PrefixLength, 64) : PrefixLength;
        var whole = length / 8;
        if (!own.AsSpan(0, whole).SequenceEqual(other.AsSpan(0, whole))) return false;
        return length % 8 is not (> 0 and var bits) || (own[whole] ^ other[whole]) >> (8 - bits) == 0;
    }

    private static IEnumerable<LocalInterface> Of(NetworkInterface network, IPAddress? only)
    {
        var properties = network.GetIPProperties();
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            var addresses = properties.UnicastAddresses.Where(unicast => unicast.Address.AddressFamily == family);
            if (only is not null) addresses = addresses.Where(unicast => unicast.Address.Equals(only));
            // An address that only means something on this link is better than none.
            if (addresses.OrderBy(unicast => unicast.Address.IsIPv6LinkLocal).FirstOrDefault() is not { } chosen) continue;
            int index;
            try
            {
                index = family == AddressFamily.InterNetwork ? properties.GetIPv4Properties().Index : properties.GetIPv6Properties().Index;
            }
            catch (NetworkInformationException)
            {
                continue;
            }

            yield return new LocalInterface(index, chosen.Address, chosen.PrefixLength);
        }
    }
}
