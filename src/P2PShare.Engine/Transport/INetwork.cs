using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>Where connections come from: TCP in earnest, memory in simulations.</summary>
public interface INetwork
{
    /// <summary>Connects to an address and port.</summary>
    /// <exception cref="IOException">Nobody answers there.</exception>
    Task<NetworkConnection> ConnectAsync(DnsEndPoint address, CancellationToken cancellationToken);

    /// <summary>The addresses of a name, best first; an address is its own.</summary>
    /// <exception cref="IOException">There is none of that name.</exception>
    Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken) => IPAddress.TryParse(host, out var address)
        ? Task.FromResult<IReadOnlyList<IPAddress>>([address])
        : throw new IOException("the name is not known");

    /// <summary>Begins to listen.</summary>
    /// <param name="address">The address to bind; null for all, IPv6 and IPv4.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port cannot be had.</exception>
    INetworkListener Listen(IPAddress? address, int port);
}
