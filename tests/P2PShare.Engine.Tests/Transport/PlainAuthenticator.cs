using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>Takes each side's word for who it is: for simulations, where TLS would only cost time. The first byte is TLS's, so the listener takes it for a link.</summary>
internal sealed class PlainAuthenticator(PeerId self) : ILinkAuthenticator
{
    public Task<AuthenticatedConnection> AuthenticateAsServerAsync(Stream stream, CancellationToken cancellationToken) => ExchangeAsync(stream, cancellationToken);

    public Task<AuthenticatedConnection> AuthenticateAsClientAsync(Stream stream, CancellationToken cancellationToken) => ExchangeAsync(stream, cancellationToken);

    private async Task<AuthenticatedConnection> ExchangeAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync((byte[])[0x16, .. self.Value.ToArray()], cancellationToken);
        var answer = new byte[1 + Hash256.Size];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return new AuthenticatedConnection(stream, new PeerId(new Hash256(answer.AsSpan(1))));
    }
}
