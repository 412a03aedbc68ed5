using System.ComponentModel;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Engine.Identity;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>One handshake: what was seen of the other side, and what of it was refused.</summary>
internal sealed class TlsHandshake(PeerIdentity identity)
{
    private const int SchannelApplicationProtocolMismatch = unchecked((int)0x80090367);
    private const int SchannelAlgorithmMismatch = unchecked((int)0x80090331);

    private static readonly TlsRefusal NotTls = new(TlsRefusalReason.NotTls, "What it sent was not TLS.");

    private bool _helloSeen;
    private bool _certificateSeen;
    private Accepted? _accepted;
    private TlsRefusal? _refusal;

    private string ServerName { get; } = identity.SwarmId.ToString();

    /// <summary>Answers a ClientHello; throwing here closes the connection before any certificate was shown.</summary>
    public SslServerAuthenticationOptions Select(SslClientHelloInfo hello)
    {
        _helloSeen = true;
        if (string.IsNullOrEmpty(hello.ServerName)) throw Refuse(TlsRefusalReason.NoSni, "It named no swarm (SNI).");
        if (!string.Equals(hello.ServerName, ServerName, StringComparison.OrdinalIgnoreCase)) throw Refuse(TlsRefusalReason.WrongSni, "It named another swarm (SNI).");
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = identity.TlsContext,
            ClientCertificateRequired = true,
            CertificateChainPolicy = identity.Trust.CreatePolicy(CertificateIssuer.ClientAuthentication),
            RemoteCertificateValidationCallback = Validate,
            ApplicationProtocols = [TlsAuthenticator.Protocol],
            EnabledSslProtocols = SslProtocols.Tls13,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CipherSuitesPolicy = TlsAuthenticator.CipherSuites,
        };
    }

    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = ServerName,
        ClientCertificateContext = identity.TlsContext,
        CertificateChainPolicy = identity.Trust.CreatePolicy(CertificateIssuer.ServerAuthentication),
        RemoteCertificateValidationCallback = Validate,
        ApplicationProtocols = [TlsAuthenticator.Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CipherSuitesPolicy = TlsAuthenticator.CipherSuites,
    };

    /// <summary>Checks once more, and explicitly, what the handshake negotiated.</summary>
    /// <exception cref="TlsRefusedException"/>
    public TlsSession Complete(SslStream stream)
    {
        if (stream.SslProtocol != SslProtocols.Tls13) throw Refuse(TlsRefusalReason.OldTls, "It did not agree on TLS 1.3.");
        if (!stream.IsMutuallyAuthenticated || _accepted is not { } accepted) throw Refuse(TlsRefusalReason.NoCertificate, "It showed no certificate.");
        if (stream.NegotiatedApplicationProtocol != TlsAuthenticator.Protocol) throw Refuse(TlsRefusalReason.NoAlpn, "It does not speak P2PShare's protocol (ALPN).");
        if (!accepted.Leaf.Span.SequenceEqual(stream.RemoteCertificate!.GetRawCertData())) throw Refuse(TlsRefusalReason.WrongCertificate, "Its certificate changed during the handshake.");
        return new TlsSession(stream, accepted.Id, accepted.Leaf, accepted.NotAfter, accepted.IsNamed);
    }

    /// <summary>The reason behind a failure: the one found here, else what the exception tells.</summary>
    public TlsRefusal Explain(Exception error, bool asServer)
    {
        if (_refusal is not null) return _refusal;
        for (var e = error; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case TlsRefusedException refused:
                    return refused.Refusal;
                case IOException:
                    return new TlsRefusal(TlsRefusalReason.Closed, "It closed the connection during the handshake.");
            }
        }

        if (asServer && !_helloSeen) return NotTls;
        // SslStream has only texts and Windows' codes to tell these apart; what is not recognised is still refused.
        if (!_certificateSeen && IsAbout(error, SchannelApplicationProtocolMismatch, "application protocol")) return new TlsRefusal(TlsRefusalReason.NoAlpn, "It does not speak P2PShare's protocol (ALPN).");
        if (!_certificateSeen && IsAbout(error, SchannelAlgorithmMismatch, "unsupported protocol", "protocol version")) return new TlsRefusal(TlsRefusalReason.OldTls, "It did not agree on TLS 1.3.");
        if (!_certificateSeen && error is AuthenticationException { InnerException: null }) return NotTls;
        return new TlsRefusal(TlsRefusalReason.Other, $"The TLS handshake failed ({error.GetBaseException().GetType().Name}).");
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _certificateSeen = certificate is not null;
        if (certificate is not X509Certificate2 leaf || chain is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            _refusal = new TlsRefusal(TlsRefusalReason.NoCertificate, "It showed no certificate.");
            return false;
        }

        CertificateProblem problem;
        PeerId id;
        try
        {
            problem = identity.Trust.Judge(leaf, chain, (errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0, out id);
        }
        catch (CryptographicException)
        {
            (problem, id) = (CertificateProblem.Malformed, default);
        }

        if (problem == CertificateProblem.None && errors != SslPolicyErrors.None) problem = CertificateProblem.WrongName;
        if (problem != CertificateProblem.None)
        {
            _refusal = new TlsRefusal(ReasonOf(problem), $"Its certificate {SwarmTrust.Describe(problem)}.");
            return false;
        }

        _accepted = new Accepted(id, leaf.RawData, leaf.NotAfter.ToUniversalTime(), chain.ChainElements.Count == 2);
        return true;
    }

    private TlsRefusedException Refuse(TlsRefusalReason reason, string text)
    {
        _refusal = new TlsRefusal(reason, text);
        return new TlsRefusedException(_refusal);
    }

    private static bool IsAbout(Exception error, int schannelCode, params ReadOnlySpan<string> texts)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is Win32Exception windows && windows.NativeErrorCode == schannelCode) return true;
            foreach (var text in texts)
            {
                if (e.Message.Contains(text, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }

        return false;
    }

    private static TlsRefusalReason ReasonOf(CertificateProblem problem) => problem switch
    {
        CertificateProblem.Untrusted => TlsRefusalReason.UntrustedIssuer,
        CertificateProblem.Expired => TlsRefusalReason.Expired,
        CertificateProblem.NotYetValid => TlsRefusalReason.NotYetValid,
        CertificateProblem.CertificateAuthority => TlsRefusalReason.CaAsLeaf,
        _ => TlsRefusalReason.WrongCertificate,
    };

    private sealed record Accepted(PeerId Id, ReadOnlyMemory<byte> Leaf, DateTime NotAfter, bool IsNamed);
}
