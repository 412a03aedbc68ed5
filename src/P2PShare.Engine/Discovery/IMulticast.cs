using System.Net.Sockets;

namespace P2PShare.Engine.Discovery;

/// <summary>The multicast groups of local discovery: sockets in earnest, memory in tests.</summary>
internal interface IMulticast : IAsyncDisposable
{
    /// <summary>Raised when an interface or address came or went.</summary>
    event Action? InterfacesChanged;

    /// <summary>Sends to the groups of both families on every interface; one that fails is passed over.</summary>
    /// <param name="datagram">The datagram for a family.</param>
    Task SendAsync(Func<AddressFamily, ReadOnlyMemory<byte>> datagram, CancellationToken cancellationToken);

    /// <summary>The next datagram from the local networks, own ones included.</summary>
    Task<HeardDatagram> ReceiveAsync(CancellationToken cancellationToken);
}
