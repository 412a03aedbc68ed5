using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Identity;

public sealed class PeerIdentityTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly TestSwarm _swarm;
    private readonly string _state;

    public PeerIdentityTests()
    {
        _swarm = new TestSwarm("lab", _clock);
        _state = Directory.CreateDirectory(Path.Combine(_swarm.Folder, "state")).FullName;
    }

    private string KeyPath => Path.Combine(_state, MemberLeaf.KeyFileName);

    private string CertificatePath => Path.Combine(_state, MemberLeaf.CertificateFileName);

    public void Dispose() => _swarm.Dispose();

    [Fact]
    public void Is_the_same_peer_after_a_restart()
    {
        var first = _swarm.OpenPeerIn(_state);
        var second = _swarm.OpenPeerIn(_state);
        Assert.Equal(first.PeerId, second.PeerId);
        Assert.True(first.Leaf.Span.SequenceEqual(second.Leaf.Span));
        Assert.NotEqual(first.PeerId, _swarm.OpenPeer().PeerId);
    }

    [Fact]
    public void Its_id_is_the_hash_of_its_public_key()
    {
        var peer = _swarm.OpenPeerIn(_state);
        using var leaf = X509CertificateLoader.LoadCertificate(peer.Leaf.Span);
        Assert.Equal(new PeerId(Hash256.Of(leaf.PublicKey.ExportSubjectPublicKeyInfo())), peer.PeerId);
        Assert.Equal(("lab", _swarm.Info.SwarmId), (peer.SwarmName, peer.SwarmId.ToString()));
    }

    [Fact]
    public void Keeps_key_and_certificate_for_the_owner_alone()
    {
        _swarm.OpenPeerIn(_state);
        Assert.Equal([CertificatePath, KeyPath], Directory.GetFiles(_state).Order());
        if (OperatingSystem.IsWindows()) return;
        foreach (var path in Directory.GetFiles(_state)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Refuses_a_key_that_others_may_read()
    {
        if (OperatingSystem.IsWindows()) return;
        _swarm.OpenPeerIn(_state);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal(ErrorIds.SwarmFileNotPrivate, Assert.Throws<P2PShareException>(() => _swarm.OpenPeerIn(_state)).ErrorId);
    }

    [Fact]
    public void A_damaged_key_is_never_replaced_silently()
    {
        _swarm.OpenPeerIn(_state);
        File.WriteAllText(KeyPath, "rubbish");
        Assert.Equal(ErrorIds.StateDirectoryUnusable, Assert.Throws<P2PShareException>(() => _swarm.OpenPeerIn(_state)).ErrorId);
        Assert.Equal("rubbish", File.ReadAllText(KeyPath));
    }

    [Fact]
    public void A_damaged_certificate_is_signed_again_for_the_same_key()
    {
        var first = _swarm.OpenPeerIn(_state);
        File.WriteAllText(CertificatePath, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        var second = _swarm.OpenPeerIn(_state);
        Assert.Equal(first.PeerId, second.PeerId);
        Assert.False(first.Leaf.Span.SequenceEqual(second.Leaf.Span));
    }

    [Fact]
    public void A_state_directory_that_is_none_is_an_error() =>
        Assert.Equal(ErrorIds.StateDirectoryUnusable, Assert.Throws<P2PShareException>(() => _swarm.OpenPeerIn(_swarm.SwarmPath)).ErrorId);

    [Fact]
    public void The_leaf_is_kept_before_and_renewed_after_two_thirds_of_its_life()
    {
        var first = _swarm.OpenPeerIn(_state);
        _clock.Advance(TimeSpan.FromDays(240));
        Assert.True(first.Leaf.Span.SequenceEqual(_swarm.OpenPeerIn(_state).Leaf.Span));

        _clock.Advance(TimeSpan.FromDays(10));
        var renewed = _swarm.OpenPeerIn(_state);
        Assert.Equal(first.PeerId, renewed.PeerId);
        Assert.True(renewed.LeafNotAfter > first.LeafNotAfter.AddDays(200));
    }

    [Fact]
    public void A_running_peer_renews_its_leaf_too()
    {
        var peer = _swarm.OpenPeerIn(_state);
        var (before, context) = (peer.Leaf, peer.TlsContext);
        Assert.False(peer.RenewIfDue());
        _clock.Advance(TimeSpan.FromDays(250));
        Assert.True(peer.RenewIfDue());
        Assert.False(peer.RenewIfDue());
        Assert.False(before.Span.SequenceEqual(peer.Leaf.Span));
        Assert.NotSame(context, peer.TlsContext);
        Assert.True(peer.TryValidateLeaf(peer.Leaf.Span, out var id, out _));
        Assert.Equal(peer.PeerId, id);
    }

    [Fact]
    public void A_leaf_never_outlives_its_issuer_and_is_not_renewed_for_nothing()
    {
        _clock.Advance(TimeSpan.FromDays(1800));
        var peer = _swarm.OpenPeerIn(_state);
        Assert.Equal(_swarm.Info.NotAfter, peer.LeafNotAfter);
        _clock.Advance(TimeSpan.FromDays(22));
        Assert.False(peer.RenewIfDue());
        Assert.True(peer.Leaf.Span.SequenceEqual(_swarm.OpenPeerIn(_state).Leaf.Span));
    }

    [Fact]
    public void Warns_thirty_days_before_an_end()
    {
        var peer = _swarm.OpenPeerIn(_state);
        Assert.Empty(peer.Warnings);
        _clock.Advance(TimeSpan.FromDays(1795));
        Assert.Empty(peer.Warnings);
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Contains("join issuer", Assert.Single(peer.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_swarms_file_gets_the_same_key_another_leaf()
    {
        using var other = new TestSwarm("lab", _clock);
        var first = _swarm.OpenPeerIn(_state);
        var second = _swarm.OpenPeerIn(_state, other.SwarmPath);
        Assert.Equal(first.PeerId, second.PeerId);
        Assert.True(second.TryValidateLeaf(second.Leaf.Span, out _, out _));
        Assert.False(second.TryValidateLeaf(first.Leaf.Span, out _, out _));
    }

    [Fact]
    public void Its_signatures_verify_with_its_leaf()
    {
        var peer = _swarm.OpenPeerIn(_state);
        using var leaf = X509CertificateLoader.LoadCertificate(peer.Leaf.Span);
        using var key = leaf.GetECDsaPublicKey()!;
        var signature = peer.Sign("text"u8);
        Assert.Equal(64, signature.Length);
        Assert.True(key.VerifyData("text"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    [Fact]
    public void Signs_on_many_threads_at_once()
    {
        var peer = _swarm.OpenPeerIn(_state);
        using var leaf = X509CertificateLoader.LoadCertificate(peer.Leaf.Span);
        using var key = leaf.GetECDsaPublicKey()!;
        var signatures = new byte[200][];
        Parallel.For(0, signatures.Length, i => signatures[i] = peer.Sign([(byte)i]));
        for (var i = 0; i < signatures.Length; i++)
            Assert.True(key.VerifyData(new byte[] { (byte)i }, signatures[i], HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    [Fact]
    public void Takes_another_members_leaf()
    {
        var (mine, other) = (_swarm.OpenPeerIn(_state), _swarm.OpenPeer());
        Assert.True(mine.TryValidateLeaf(other.Leaf.Span, out var id, out _));
        Assert.Equal(other.PeerId, id);
    }

    [Fact]
    public void Refuses_what_is_no_leaf_of_the_swarm()
    {
        var peer = _swarm.OpenPeerIn(_state);
        using var other = new TestSwarm("lab", _clock);
        var content = _swarm.Content(_swarm.SwarmPath);
        AssertRefused(peer, other.OpenPeer().Leaf.Span, "not signed by this swarm");
        AssertRefused(peer, content.JoinIssuers[0].RawData, "authority");
        AssertRefused(peer, content.Root.RawData, "not signed by this swarm");
        AssertRefused(peer, [], "cannot be read");
        AssertRefused(peer, [1, 2, 3], "cannot be read");
        AssertRefused(peer, new byte[5000], "cannot be read");
        AssertRefused(peer, [.. peer.Leaf.Span, 0], "cannot be read");
        AssertRefused(peer, System.Text.Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", peer.Leaf.Span)), "cannot be read");
    }

    [Fact]
    public void Refuses_a_leaf_before_and_after_its_time()
    {
        var content = _swarm.Content(_swarm.SwarmPath);
        using var key = CertificateIssuer.CreateKey();
        using var early = CertificateIssuer.CreateLeaf(key, content.SwarmId, content.Own, content.Key!, TimeSpan.FromDays(9), _clock.GetUtcNow().AddDays(3));
        using var late = CertificateIssuer.CreateLeaf(key, content.SwarmId, content.Own, content.Key!, TimeSpan.FromDays(1), _clock.GetUtcNow());
        var peer = _swarm.OpenPeerIn(_state);
        AssertRefused(peer, early.RawData, "not valid yet");
        Assert.True(peer.TryValidateLeaf(late.RawData, out _, out _));
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.True(peer.TryValidateLeaf(early.RawData, out _, out _));
        AssertRefused(peer, late.RawData, "expired");
    }

    [Fact]
    public void Refuses_a_leaf_with_any_byte_changed()
    {
        var (peer, leaf) = (_swarm.OpenPeerIn(_state), _swarm.OpenPeer().Leaf.ToArray());
        // Every seventh byte, for speed; the offset makes all of them come up over the certificate's fields.
        for (var i = 0; i < leaf.Length; i += 7)
        {
            leaf[i] ^= 0x01;
            Assert.False(peer.TryValidateLeaf(leaf, out _, out _), $"Byte {i} was changed.");
            leaf[i] ^= 0x01;
        }
    }

    [Fact]
    public void Refuses_a_leaf_signed_by_a_leaf()
    {
        var content = _swarm.Content(_swarm.SwarmPath);
        using var key = CertificateIssuer.CreateKey();
        using var leaf = CertificateIssuer.CreateLeaf(key, content.SwarmId, content.Own, content.Key!, TimeSpan.FromDays(9), _clock.GetUtcNow());
        using var second = CertificateIssuer.CreateLeaf(key, content.SwarmId, leaf, key, TimeSpan.FromDays(9), _clock.GetUtcNow());
        AssertRefused(_swarm.OpenPeerIn(_state), second.RawData, "not signed by this swarm");
    }

    private static void AssertRefused(PeerIdentity peer, ReadOnlySpan<byte> der, string reason)
    {
        Assert.False(peer.TryValidateLeaf(der, out var id, out var text));
        Assert.Equal(default, id);
        Assert.Contains(reason, text, StringComparison.Ordinal);
    }
}
