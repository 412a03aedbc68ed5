using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Tests.Identity;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>What somebody outside the swarm gets who speaks TLS: a reasoned refusal, and no name of anything.</summary>
public sealed class TlsStrangerTests : IDisposable
{
    private const string SwarmName = "secret-swarm-name";
    private const string PeerName = "secret-peer-name";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly TestSwarm _swarm;
    private readonly PeerIdentity _peer;
    private readonly ECDsa _key = CertificateIssuer.CreateKey();

    public TlsStrangerTests()
    {
        _swarm = new TestSwarm(SwarmName, _clock);
        var path = Path.Combine(_swarm.Folder, PeerName + ".pem");
        SwarmFiles.CreatePeerCertificate(_swarm.AdminPath, PeerName, SwarmRole.Member, null, path, false, _clock);
        _peer = _swarm.OpenPeer(path);
    }

    private SwarmFileContent Swarm => _swarm.Content(_swarm.SwarmPath);

    private SwarmFileContent Admin => _swarm.Content(_swarm.AdminPath);

    public void Dispose()
    {
        _key.Dispose();
        _swarm.Dispose();
    }

    [Fact]
    public async Task A_dialler_without_certificate_is_refused() =>
        await ServerRefuses(new TlsStranger { ServerName = Id }, TlsRefusalReason.NoCertificate);

    [Fact]
    public async Task A_dialler_with_another_swarms_leaf_is_refused()
    {
        using var other = new TestSwarm("other");
        await ServerRefuses(Showing(Leaf(other.Content(other.SwarmPath))), TlsRefusalReason.UntrustedIssuer);
    }

    [Fact]
    public async Task A_dialler_with_another_swarms_leaf_that_sends_its_issuers_along_is_refused()
    {
        using var other = new TestSwarm("other");
        var content = other.Content(other.SwarmPath);
        await ServerRefuses(Showing(Leaf(content), content.Root, content.JoinIssuers[0]), TlsRefusalReason.UntrustedIssuer);
    }

    [Fact]
    public async Task A_dialler_with_a_forged_issuer_of_the_same_name_is_refused()
    {
        using var rootKey = CertificateIssuer.CreateKey();
        using var joinKey = CertificateIssuer.CreateKey();
        using var root = CertificateIssuer.CreateRoot(rootKey, _peer.SwarmId, SwarmName, _clock.GetUtcNow());
        using var join = CertificateIssuer.CreateJoinIssuer(joinKey, _peer.SwarmId, root, rootKey, _clock.GetUtcNow());
        var leaf = CertificateIssuer.CreateLeaf(_key, _peer.SwarmId, join, joinKey, 10 * Day, _clock.GetUtcNow());
        await ServerRefuses(Showing(leaf, join, root), TlsRefusalReason.UntrustedIssuer);
    }

    [Fact]
    public async Task A_dialler_with_an_expired_leaf_is_refused()
    {
        var leaf = CertificateIssuer.CreateLeaf(_key, _peer.SwarmId, Swarm.Own, Swarm.Key!, 2 * Day, _clock.GetUtcNow());
        _clock.Advance(2 * Day + TimeSpan.FromMinutes(1));
        await ServerRefuses(Showing(leaf), TlsRefusalReason.Expired);
    }

    [Fact]
    public async Task A_dialler_with_a_leaf_that_is_not_yet_valid_is_refused()
    {
        var leaf = CertificateIssuer.CreateLeaf(_key, _peer.SwarmId, Swarm.Own, Swarm.Key!, 10 * Day, _clock.GetUtcNow() + (4 * Day));
        await ServerRefuses(Showing(leaf), TlsRefusalReason.NotYetValid);
    }

    [Fact]
    public async Task A_dialler_whose_clock_is_a_day_ahead_is_accepted()
    {
        using var leaf = CertificateIssuer.CreateLeaf(_key, _peer.SwarmId, Swarm.Own, Swarm.Key!, 10 * Day, _clock.GetUtcNow() + Day);
        using var pair = await TlsPair.ConnectAsync();
        var dialling = Showing(leaf).DialAsync(pair.Dialled);
        var session = await new TlsAuthenticator(_peer, _clock).AuthenticateAsServerAsync(pair.Accepted, default);
        await session.Stream.DisposeAsync();
        await dialling;
        Assert.True(session.RemoteLeaf.Span.SequenceEqual(leaf.RawData));
    }

    [Fact]
    public async Task A_dialler_that_shows_the_join_issuer_as_leaf_is_refused() =>
        await ServerRefuses(new TlsStranger { ServerName = Id, Certificate = TlsStranger.Present(Swarm.Own, Swarm.Key!) }, TlsRefusalReason.CaAsLeaf);

    [Fact]
    public async Task A_dialler_that_shows_the_root_as_leaf_is_refused() =>
        await ServerRefuses(new TlsStranger { ServerName = Id, Certificate = TlsStranger.Present(Admin.Root, Admin.Key!) }, TlsRefusalReason.UntrustedIssuer);

    [Fact]
    public async Task A_dialler_with_a_self_signed_certificate_is_refused()
    {
        var request = new CertificateRequest("CN=P2PShare peer", _key, HashAlgorithmName.SHA256);
        using var selfSigned = request.CreateSelfSigned(_clock.GetUtcNow() - Day, _clock.GetUtcNow() + Day);
        await ServerRefuses(Showing(X509CertificateLoader.LoadCertificate(selfSigned.RawData)), TlsRefusalReason.UntrustedIssuer);
    }

    [Fact]
    public async Task A_dialler_with_a_leaf_without_client_usage_is_refused() =>
        await ServerRefuses(Showing(Odd(usages: [CertificateIssuer.ServerAuthentication])), TlsRefusalReason.WrongCertificate);

    [Fact]
    public async Task A_dialler_with_a_leaf_without_any_usage_is_refused() =>
        await ServerRefuses(Showing(Odd(usages: [])), TlsRefusalReason.WrongCertificate);

    [Fact]
    public async Task A_dialler_with_a_leaf_made_out_to_another_swarm_is_refused() =>
        await ServerRefuses(Showing(Odd(name: new string('0', 40))), TlsRefusalReason.WrongCertificate);

    [Fact]
    public async Task A_dialler_with_a_leaf_of_another_kind_of_key_is_refused()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var leaf = Odd(key: p384);
        await ServerRefuses(new TlsStranger { ServerName = Id, Certificate = TlsStranger.Present(leaf, p384) }, TlsRefusalReason.WrongCertificate);
    }

    [Fact]
    public async Task A_dialler_without_ALPN_is_refused() =>
        await ServerRefuses(Showing(Leaf(Swarm), alpn: null), TlsRefusalReason.NoAlpn);

    [Fact]
    public async Task A_dialler_of_another_ALPN_is_refused() =>
        await ServerRefuses(Showing(Leaf(Swarm), alpn: "http/1.1"), TlsRefusalReason.NoAlpn);

    [Fact]
    public async Task A_dialler_without_SNI_sees_no_certificate() =>
        Assert.False((await ServerRefuses(new TlsStranger { ServerName = "", Certificate = TlsStranger.Present(Leaf(Swarm), _key) }, TlsRefusalReason.NoSni)).SawCertificate);

    [Fact]
    public async Task A_dialler_with_another_SNI_sees_no_certificate() =>
        Assert.False((await ServerRefuses(new TlsStranger { ServerName = new string('a', 40), Certificate = TlsStranger.Present(Leaf(Swarm), _key) }, TlsRefusalReason.WrongSni)).SawCertificate);

    [Fact]
    public async Task A_dialler_that_names_the_host_sees_no_certificate() =>
        Assert.False((await ServerRefuses(new TlsStranger { ServerName = "localhost" }, TlsRefusalReason.WrongSni)).SawCertificate);

    [Fact]
    public async Task A_dialler_with_TLS_1_2_sees_no_certificate() =>
        Assert.False((await ServerRefuses(new TlsStranger { ServerName = Id, Certificate = TlsStranger.Present(Leaf(Swarm), _key), Protocols = SslProtocols.Tls12 }, TlsRefusalReason.OldTls)).SawCertificate);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("\u0013BitTorrent protocol")]
    [InlineData("\u0016\u0003\u0001\u0000\u0005xxxxx")]
    public async Task A_dialler_that_speaks_no_TLS_is_refused(string hello)
    {
        using var pair = await TlsPair.ConnectAsync();
        await pair.Dialled.WriteAsync(Encoding.Latin1.GetBytes(hello));
        Assert.Equal(TlsRefusalReason.NotTls, (await ServerRefusal(pair)).Reason);
    }

    [Fact]
    public async Task A_dialler_that_hangs_up_is_told_apart()
    {
        using var pair = await TlsPair.ConnectAsync();
        pair.Dialled.Dispose();
        Assert.Equal(TlsRefusalReason.Closed, (await ServerRefusal(pair)).Reason);
    }

    [Fact]
    public async Task A_silent_dialler_is_given_ten_seconds()
    {
        using var pair = await TlsPair.ConnectAsync();
        var refusal = ServerRefusal(pair);
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(refusal.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(TlsRefusalReason.TimedOut, (await refusal).Reason);
    }

    [Fact]
    public async Task Cancelling_is_no_refusal()
    {
        using var pair = await TlsPair.ConnectAsync();
        using var cancellation = new CancellationTokenSource();
        var accepting = new TlsAuthenticator(_peer, _clock).AuthenticateAsServerAsync(pair.Accepted, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    [Fact]
    public async Task A_server_of_another_swarm_is_refused()
    {
        using var other = new TestSwarm("other");
        await ClientRefuses(Showing(Leaf(other.Content(other.SwarmPath))), TlsRefusalReason.UntrustedIssuer);
    }

    [Fact]
    public async Task A_server_with_an_expired_leaf_is_refused()
    {
        var leaf = CertificateIssuer.CreateLeaf(_key, _peer.SwarmId, Swarm.Own, Swarm.Key!, 2 * Day, _clock.GetUtcNow());
        _clock.Advance(3 * Day);
        await ClientRefuses(Showing(leaf), TlsRefusalReason.Expired);
    }

    [Fact]
    public async Task A_server_with_the_join_issuer_as_leaf_is_refused() =>
        await ClientRefuses(new TlsStranger { Certificate = TlsStranger.Present(Swarm.Own, Swarm.Key!) }, TlsRefusalReason.CaAsLeaf);

    [Fact]
    public async Task A_server_with_a_leaf_made_out_to_another_swarm_is_refused() =>
        await ClientRefuses(Showing(Odd(name: new string('0', 40))), TlsRefusalReason.WrongCertificate);

    [Fact]
    public async Task A_server_without_ALPN_is_refused() =>
        await ClientRefuses(Showing(Leaf(Swarm), alpn: null), TlsRefusalReason.NoAlpn);

    [Fact]
    public async Task A_server_that_does_not_ask_who_dials_is_refused()
    {
        using var pair = await TlsPair.ConnectAsync();
        using var leaf = Leaf(Swarm);
        var refusal = ClientRefusal(pair);
        await using var stream = new SslStream(pair.Accepted);
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = TlsStranger.Present(leaf, _key), ApplicationProtocols = [TlsAuthenticator.Protocol] });
        Assert.Equal(TlsRefusalReason.NoCertificate, ((TlsRefusedException)(await refusal).InnerException!).Refusal.Reason);
    }

    [Fact]
    public async Task A_server_with_TLS_1_2_is_refused() =>
        await ClientRefuses(new TlsStranger { Certificate = TlsStranger.Present(Leaf(Swarm), _key), Protocols = SslProtocols.Tls12 }, TlsRefusalReason.OldTls);

    [Fact]
    public async Task A_server_that_speaks_no_TLS_is_refused()
    {
        using var pair = await TlsPair.ConnectAsync();
        await pair.Accepted.WriteAsync("SSH-2.0-OpenSSH_9.9\r\n"u8.ToArray());
        var error = await ClientRefusal(pair);
        Assert.Equal(TlsRefusalReason.NotTls, ((TlsRefusedException)error.InnerException!).Refusal.Reason);
        Assert.Contains("something else than P2PShare", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hangs_up_reads_as_refused_by_peer()
    {
        using var pair = await TlsPair.ConnectAsync();
        pair.Accepted.Dispose();
        Assert.Contains("Refused by peer", (await ClientRefusal(pair)).Message, StringComparison.Ordinal);
    }

    private string Id => _peer.SwarmId.ToString();

    private async Task<TlsStranger> ServerRefuses(TlsStranger stranger, TlsRefusalReason reason)
    {
        using var pair = await TlsPair.ConnectAsync();
        var dialling = stranger.DialAsync(pair.Dialled);
        var refusal = await ServerRefusal(pair);
        await dialling;
        Assert.Equal(reason, refusal.Reason);
        AssertLearntNothing(stranger);
        return stranger;
    }

    private async Task ClientRefuses(TlsStranger stranger, TlsRefusalReason reason)
    {
        using var pair = await TlsPair.ConnectAsync();
        var accepting = stranger.AcceptAsync(pair.Accepted);
        var error = await ClientRefusal(pair);
        await accepting;
        Assert.Equal(reason, Assert.IsType<TlsRefusedException>(error.InnerException).Refusal.Reason);
        AssertLearntNothing(stranger);
    }

    private async Task<TlsRefusal> ServerRefusal(TlsPair pair) =>
        (await Assert.ThrowsAsync<TlsRefusedException>(() => new TlsAuthenticator(_peer, _clock).AuthenticateAsServerAsync(pair.Accepted, default))).Refusal;

    private async Task<P2PShareException> ClientRefusal(TlsPair pair)
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(() => new TlsAuthenticator(_peer, _clock).AuthenticateAsClientAsync(pair.Dialled, default));
        Assert.Equal(ErrorIds.PeerRefused, error.ErrorId);
        return error;
    }

    private void AssertLearntNothing(TlsStranger stranger)
    {
        Assert.Equal(0, stranger.ApplicationBytes);
        Assert.False(stranger.Knows(SwarmName), "The dump has the swarm's name.");
        Assert.False(stranger.Knows(PeerName), "The dump has the peer's name.");
        // Proves that the dump is one: the swarm's id, which is public, is in every leaf.
        Assert.Equal(stranger.SawCertificate, stranger.Knows(Id));
    }

    private TlsStranger Showing(X509Certificate2 leaf, params X509Certificate2[] along) => Showing(leaf, "p2pshare/1", along);

    private TlsStranger Showing(X509Certificate2 leaf, string? alpn, params X509Certificate2[] along) =>
        new() { ServerName = Id, Certificate = TlsStranger.Present(leaf, _key, along), Alpn = alpn };

    private X509Certificate2 Leaf(SwarmFileContent swarm) =>
        CertificateIssuer.CreateLeaf(_key, swarm.SwarmId, swarm.Own, swarm.Key!, 30 * Day, _clock.GetUtcNow());

    // Signed by the swarm's join issuer, and wrong in one respect.
    private X509Certificate2 Odd(string? name = null, string[]? usages = null, ECDsa? key = null)
    {
        var request = new CertificateRequest("CN=P2PShare peer", key ?? _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        usages ??= [CertificateIssuer.ServerAuthentication, CertificateIssuer.ClientAuthentication];
        if (usages.Length > 0) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("*");
        names.AddDnsName(name ?? new SwarmId(_peer.SwarmId.ToArray()).ToString());
        request.CertificateExtensions.Add(names.Build());
        return request.Create(Swarm.Own.SubjectName, X509SignatureGenerator.CreateForECDsa(Swarm.Key!), _clock.GetUtcNow() - Day, _clock.GetUtcNow() + Day, [1, 2, 3, 4]);
    }
}
