using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>A connected byte stream and who is at its ends.</summary>
public sealed class NetworkConnection(Stream stream, IPEndPoint local, IPEndPoint remote) : IAsyncDisposable
{
    public Stream Stream { get; } = stream;

    public IPEndPoint Local { get; } = local;

    public IPEndPoint Remote { get; } = remote;

    /// <summary>"address:port", an IPv4 address mapped into IPv6 written as IPv4.</summary>
    public string RemoteText => Addresses.Format(Remote);

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
