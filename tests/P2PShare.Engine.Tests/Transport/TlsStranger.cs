using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>A raw TLS client or server that accepts everything and keeps all it could decrypt.</summary>
internal sealed class TlsStranger
{
    private readonly MemoryStream _dump = new();

    /// <summary>What it presents; null for nothing.</summary>
    public SslStreamCertificateContext? Certificate { get; init; }

    public string ServerName { get; init; } = "";

    public string? Alpn { get; init; } = "p2pshare/1";

    public SslProtocols Protocols { get; init; } = SslProtocols.Tls13;

    /// <summary>Whether the other side's certificate was seen.</summary>
    public bool SawCertificate { get; private set; }

    /// <summary>Whether its own half of the handshake succeeded.</summary>
    public bool Completed { get; private set; }

    public int ApplicationBytes { get; private set; }

    public byte[] Dump => _dump.ToArray();

    /// <summary>Whether a text, in the encodings certificates use, is anywhere in what was decrypted.</summary>
    public bool Knows(string text) =>
        Dump.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 || Dump.AsSpan().IndexOf(Encoding.BigEndianUnicode.GetBytes(text)) >= 0;

    public Task DialAsync(Stream inner) => RunAsync(inner, stream => stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
    {
        TargetHost = ServerName,
        ClientCertificateContext = Certificate,
        RemoteCertificateValidationCallback = Take,
        ApplicationProtocols = Alpn is null ? null : [new SslApplicationProtocol(Alpn)],
        EnabledSslProtocols = Protocols,
    }));

    public Task AcceptAsync(Stream inner) => RunAsync(inner, stream => stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
    {
        ServerCertificateContext = Certificate,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = Take,
        ApplicationProtocols = Alpn is null ? null : [new SslApplicationProtocol(Alpn)],
        EnabledSslProtocols = Protocols,
    }));

    /// <summary>A certificate as TLS sends it, sending along what else it was signed by.</summary>
    public static SslStreamCertificateContext Present(X509Certificate2 certificate, ECDsa key, params X509Certificate2[] along) =>
        SslStreamCertificateContext.Create(P2PShare.Engine.Identity.WindowsKeys.CreateForTls(certificate, key), [.. along], offline: true);

    private async Task RunAsync(Stream inner, Func<SslStream, Task> authenticate)
    {
        await using var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            await authenticate(stream);
            Completed = true;
            var buffer = new byte[16384];
            for (int read; (read = await stream.ReadAsync(buffer)) > 0; ApplicationBytes += read) _dump.Write(buffer, 0, read);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Refused, which is what the tests look at from the other side.
        }
    }

    private bool Take(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null) return true;
        SawCertificate = true;
        var all = new List<X509Certificate2> { (X509Certificate2)certificate };
        if (chain is not null) all.AddRange(chain.ChainElements.Select(element => element.Certificate));
        if (chain is not null) all.AddRange(chain.ChainPolicy.ExtraStore);
        foreach (var one in all)
        {
            _dump.Write(one.RawData);
            _dump.Write(Encoding.UTF8.GetBytes(one.Subject + "\n" + one.Issuer + "\n"));
            foreach (var extension in one.Extensions) _dump.Write(Encoding.UTF8.GetBytes(extension.Format(true)));
        }

        return true;
    }
}
