namespace P2PShare.Engine.Transport;

/// <summary>A listening port.</summary>
public interface INetworkListener : IAsyncDisposable
{
    int Port { get; }

    /// <summary>The next connection; null when the listener has been disposed.</summary>
    Task<NetworkConnection?> AcceptAsync(CancellationToken cancellationToken);
}
