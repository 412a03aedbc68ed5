using System.Net.Security;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Transport;

/// <summary>
/// The TLS handshakes of a swarm: TLS 1.3 alone, both sides with a leaf of the swarm, the swarm id as server name, ALPN.
/// One for all connections; safe for concurrent use. TCP_NODELAY is to be set on the socket before.
/// </summary>
/// <param name="handshakeLimit">How long a handshake may take; null for 10 s.</param>
public sealed class TlsAuthenticator(PeerIdentity identity, TimeProvider timeProvider, TimeSpan? handshakeLimit = null)
{
    /// <summary>The application protocol (ALPN) of a link between two peers.</summary>
    public static readonly SslApplicationProtocol Protocol = new("p2pshare/1");

    /// <summary>How long a handshake may take if nothing else is said.</summary>
    public static readonly TimeSpan DefaultHandshakeLimit = TimeSpan.FromSeconds(10);

    // Windows has no such setting, and TLS 1.3 has no weak suites there either.
    internal static readonly CipherSuitesPolicy? CipherSuites = OperatingSystem.IsLinux()
        ? new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256])
        : null;

    private readonly TimeSpan _handshakeLimit = handshakeLimit ?? DefaultHandshakeLimit;

    /// <summary>Accepts: answers a peer that dialled. Closes <paramref name="inner"/> on any failure.</summary>
    /// <exception cref="TlsRefusedException">Any failure; its refusal says why, for the event.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<TlsSession> AuthenticateAsServerAsync(Stream inner, CancellationToken cancellationToken)
    {
        var handshake = new TlsHandshake(identity);
        return await RunAsync(
            inner,
            handshake,
            asServer: true,
            (stream, token) => stream.AuthenticateAsServerAsync((_, hello, _, _) => ValueTask.FromResult(handshake.Select(hello)), null, token),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Dials: proves itself to the peer that accepted. Closes <paramref name="inner"/> on any failure.</summary>
    /// <remarks>
    /// In TLS 1.3 this succeeds even when the other side then refuses our certificate: the stream's end before the
    /// first frame is that refusal.
    /// </remarks>
    /// <exception cref="P2PShareException">PeerRefused; its cause is a <see cref="TlsRefusedException"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<TlsSession> AuthenticateAsClientAsync(Stream inner, CancellationToken cancellationToken)
    {
        var handshake = new TlsHandshake(identity);
        try
        {
            return await RunAsync(
                inner,
                handshake,
                asServer: false,
                (stream, token) => stream.AuthenticateAsClientAsync(handshake.ClientOptions(), token),
                cancellationToken).ConfigureAwait(false);
        }
        catch (TlsRefusedException e)
        {
            throw new P2PShareException(ErrorKind.AuthenticationError, ErrorIds.PeerRefused, Explain(e.Refusal), recommendation: Advise(e.Refusal.Reason), innerException: e);
        }
    }

    private async Task<TlsSession> RunAsync(Stream inner, TlsHandshake handshake, bool asServer, Func<SslStream, CancellationToken, Task> authenticate, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        using var limit = new CancellationTokenSource(_handshakeLimit, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await authenticate(stream, either.Token).ConfigureAwait(false);
            return handshake.Complete(stream);
        }
        catch (Exception e)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var refusal = limit.IsCancellationRequested && e is OperationCanceledException
                ? new TlsRefusal(TlsRefusalReason.TimedOut, $"It did not finish the TLS handshake within {_handshakeLimit.TotalSeconds:0.#} s.")
                : handshake.Explain(e, asServer);
            throw new TlsRefusedException(refusal, e);
        }
    }

    private static string Explain(TlsRefusal refusal) => refusal.Reason switch
    {
        TlsRefusalReason.Closed => "Refused by peer: it closed the connection during the handshake.",
        TlsRefusalReason.UntrustedIssuer => "What answered there is no peer of this swarm: " + refusal.Text,
        TlsRefusalReason.Other or TlsRefusalReason.NotTls or TlsRefusalReason.TimedOut => "What answered there did not complete a TLS handshake. " + refusal.Text,
        _ => "Not a peer that can be trusted: " + refusal.Text,
    };

    private static string Advise(TlsRefusalReason reason) => reason switch
    {
        TlsRefusalReason.Closed or TlsRefusalReason.Other or TlsRefusalReason.NotTls or TlsRefusalReason.UntrustedIssuer or TlsRefusalReason.NoAlpn =>
            "It may belong to another swarm, or be something else than P2PShare: check address and port, and that both machines have the same swarm file.",
        TlsRefusalReason.Expired or TlsRefusalReason.NotYetValid => "Check the clocks of both machines; a certificate that has really ended is replaced by a new file from the swarm's administrator.",
        TlsRefusalReason.TimedOut => "Try again; if it stays silent, something else than P2PShare may listen there.",
        _ => "Check that both machines have a file of this swarm.",
    };
}
