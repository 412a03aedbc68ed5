using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>A connection this side has opened, behind which a member has proved itself.</summary>
/// <param name="Address">Where it was dialled.</param>
/// <param name="Network">The connection below.</param>
/// <param name="Proven">The encrypted stream, and who is at its other end.</param>
internal sealed record DialledConnection(DnsEndPoint Address, NetworkConnection Network, AuthenticatedConnection Proven) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Proven.Stream.DisposeAsync().ConfigureAwait(false);
        await Network.DisposeAsync().ConfigureAwait(false);
    }
}
