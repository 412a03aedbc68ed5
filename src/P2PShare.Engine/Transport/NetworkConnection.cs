using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>A connected byte stream and who is at its ends.</summary>
public abstract class NetworkConnection(Stream stream, IPEndPoint local, IPEndPoint remote) : IAsyncDisposable
{
    public Stream Stream { get; } = stream;

    public IPEndPoint Local { get; } = local;

    public IPEndPoint Remote { get; } = remote;

    /// <summary>"address:port", an IPv4 address mapped into IPv6 written as IPv4.</summary>
    public string RemoteText => Addresses.Format(Remote);

    /// <summary>The first byte the other end sends, left in the stream; −1 when it ended without one.</summary>
    public abstract ValueTask<int> PeekByteAsync(CancellationToken cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }
}
