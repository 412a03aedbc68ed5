using System.Net;
using System.Net.Sockets;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>The two ends of one loopback connection.</summary>
internal sealed class TlsPair : IDisposable
{
    private TlsPair(NetworkStream accepted, NetworkStream dialled) => (Accepted, Dialled) = (accepted, dialled);

    public NetworkStream Accepted { get; }

    public NetworkStream Dialled { get; }

    public static async Task<TlsPair> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await dialled.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        accepted.NoDelay = true;
        return new TlsPair(new NetworkStream(accepted, ownsSocket: true), new NetworkStream(dialled, ownsSocket: true));
    }

    public void Dispose()
    {
        Accepted.Dispose();
        Dialled.Dispose();
    }
}
