using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Tests.Identity;

public sealed class PeerCertificateTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly TestSwarm _swarm;

    public PeerCertificateTests() => _swarm = new TestSwarm("lab", _clock);

    private string OutputPath => Path.Combine(_swarm.Folder, "machine.pem");

    public void Dispose() => _swarm.Dispose();

    [Fact]
    public void Makes_a_file_with_name_role_and_end()
    {
        var made = Make("server-1", SwarmRole.Client, TimeSpan.FromDays(10));
        var read = SwarmFiles.Read(OutputPath, _clock);
        Assert.Equal(made, read);
        Assert.Equal(("server-1", SwarmRole.Client, SwarmAuthority.Peer), (read.PeerName, read.Role, read.Authority));
        Assert.Equal(_swarm.Info.SwarmId, read.SwarmId);
        Assert.InRange(read.NotAfter - _clock.GetUtcNow().UtcDateTime, TimeSpan.FromDays(9.9), TimeSpan.FromDays(10));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(OutputPath));
    }

    [Fact]
    public void A_named_machine_and_a_member_know_each_other()
    {
        Make("server-1", SwarmRole.Client);
        var (named, member) = (_swarm.OpenPeer(OutputPath), _swarm.OpenPeer());
        Assert.Equal(("server-1", SwarmRole.Client), (named.ReservedName, named.Role));
        Assert.Equal((null, SwarmRole.Member), (member.ReservedName, member.Role));
        Assert.True(member.TryValidatePeer(named.Leaf.Span, named.NameGrant, out var id, out _));
        Assert.Equal(named.PeerId, id);
        Assert.True(named.TryValidatePeer(member.Leaf.Span, null, out id, out _));
        Assert.Equal(member.PeerId, id);
        Assert.False(named.RenewIfDue());
    }

    [Fact]
    public void The_file_lets_nobody_sign_members()
    {
        Make("server-1");
        var content = _swarm.Content(OutputPath);
        Assert.False(content.Key!.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(content.JoinIssuers[0].PublicKey.ExportSubjectPublicKeyInfo()));
        Assert.Single(PemBlocks.Read(File.ReadAllText(OutputPath)), block => block.Label == PemBlocks.PrivateKey);
    }

    [Fact]
    public void The_name_is_not_in_the_certificate()
    {
        Make("server-1");
        var named = _swarm.OpenPeer(OutputPath);
        Assert.True(named.Leaf.Span.IndexOf("server-1"u8) < 0);
        Assert.True(named.NameGrant!.Encode().AsSpan().IndexOf("server-1"u8) >= 0);
    }

    [Fact]
    public void A_named_machine_cannot_drop_or_borrow_a_name()
    {
        Make("server-1", SwarmRole.Client);
        var named = _swarm.OpenPeer(OutputPath);
        SwarmFiles.CreatePeerCertificate(_swarm.AdminPath, "server-2", SwarmRole.Member, null, Path.Combine(_swarm.Folder, "two.pem"), false, _clock);
        var (second, member) = (_swarm.OpenPeer(Path.Combine(_swarm.Folder, "two.pem")), _swarm.OpenPeer());

        AssertRefused(named.Leaf.Span, null, "without the name");
        AssertRefused(named.Leaf.Span, second.NameGrant, "did not grant");
        AssertRefused(member.Leaf.Span, named.NameGrant, "not made for it");
        AssertRefused(named.Leaf.Span, NameGrant.Sign(named.PeerId, "king", PeerRoles.MayCoordinate, named.NameGrant!.NotAfterUnixTimeSeconds, member), "did not grant");
        AssertRefused(named.Leaf.Span, NameGrant.Sign(named.PeerId, "king", PeerRoles.MayCoordinate, named.NameGrant!.NotAfterUnixTimeSeconds, named), "did not grant");

        void AssertRefused(ReadOnlySpan<byte> leaf, NameGrant? grant, string reason)
        {
            Assert.False(member.TryValidatePeer(leaf, grant, out var id, out var text));
            Assert.Equal(default, id);
            Assert.Contains(reason, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_ends_with_its_certificate()
    {
        Make("server-1", validity: TimeSpan.FromDays(10));
        var (named, member) = (_swarm.OpenPeer(OutputPath), _swarm.OpenPeer());
        Assert.Contains("This machine's certificate", Assert.Single(named.Warnings), StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromDays(11));
        Assert.False(member.TryValidatePeer(named.Leaf.Span, named.NameGrant, out _, out var reason));
        Assert.Equal("has expired", reason);
        Assert.Equal(ErrorIds.CertificateExpired, Assert.Throws<P2PShareException>(() => _swarm.OpenPeer(OutputPath)).ErrorId);
    }

    [Fact]
    public void Lives_a_year_and_never_longer_than_the_root()
    {
        Assert.InRange(Make("a").NotAfter - _clock.GetUtcNow().UtcDateTime, TimeSpan.FromDays(364.9), TimeSpan.FromDays(365));
        Assert.Equal(_swarm.Info.RootNotAfter, Make("a", validity: TimeSpan.MaxValue, overwrite: true).NotAfter);
    }

    [Fact]
    public void Made_again_it_is_the_same_peer_unless_deleted_first()
    {
        Make("server-1", SwarmRole.Client);
        var first = _swarm.OpenPeer(OutputPath).PeerId;
        Make("server-1", SwarmRole.Member, overwrite: true);
        Assert.Equal((first, SwarmRole.Member), (_swarm.OpenPeer(OutputPath).PeerId, _swarm.OpenPeer(OutputPath).Role));
        Make("server-2", overwrite: true);
        Assert.NotEqual(first, _swarm.OpenPeer(OutputPath).PeerId);
    }

    [Fact]
    public void Leaves_an_existing_file_alone()
    {
        File.WriteAllText(OutputPath, "mine");
        Assert.Equal(ErrorIds.SwarmFileExists, Assert.Throws<P2PShareException>(() => Make("a")).ErrorId);
        Assert.Equal("mine", File.ReadAllText(OutputPath));
    }

    [Fact]
    public void Needs_the_administrators_file()
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.CreatePeerCertificate(_swarm.SwarmPath, "a", SwarmRole.Member, null, OutputPath, false, _clock));
        Assert.Equal(ErrorIds.AdminFileRequired, error.ErrorId);
        Assert.Contains("lab.admin.pem", error.Recommendation, StringComparison.Ordinal);
        Assert.False(File.Exists(OutputPath));
    }

    [Fact]
    public void Uses_no_administrators_file_that_others_may_read()
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_swarm.AdminPath, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal(ErrorIds.SwarmFileNotPrivate, Assert.Throws<P2PShareException>(() => Make("a")).ErrorId);
        SwarmFiles.CreatePeerCertificate(_swarm.AdminPath, "a", SwarmRole.Member, null, OutputPath, false, _clock, force: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("../a")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void Refuses_bad_names(string name) => Assert.Equal(ErrorIds.InvalidName, Assert.Throws<P2PShareException>(() => Make(name)).ErrorId);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Refuses_no_validity(int days) =>
        Assert.Equal(ErrorIds.CertificateInvalid, Assert.Throws<P2PShareException>(() => Make("a", validity: TimeSpan.FromDays(days))).ErrorId);

    [Fact]
    public void A_file_without_its_name_grant_is_invalid()
    {
        Make("a");
        var text = File.ReadAllText(OutputPath);
        File.WriteAllText(OutputPath, text[..text.IndexOf("-----BEGIN " + PemBlocks.NameGrant, StringComparison.Ordinal)]);
        Assert.Equal(ErrorIds.SwarmFileInvalid, Assert.Throws<P2PShareException>(() => SwarmFiles.Read(OutputPath)).ErrorId);
    }

    [Fact]
    public void A_file_with_anothers_name_grant_is_invalid()
    {
        Make("a");
        var other = Path.Combine(_swarm.Folder, "other.pem");
        SwarmFiles.CreatePeerCertificate(_swarm.AdminPath, "b", SwarmRole.Member, null, other, false, _clock);
        var (text, otherText) = (File.ReadAllText(OutputPath), File.ReadAllText(other));
        const string Begin = "-----BEGIN " + PemBlocks.NameGrant;
        File.WriteAllText(OutputPath, text[..text.IndexOf(Begin, StringComparison.Ordinal)] + otherText[otherText.IndexOf(Begin, StringComparison.Ordinal)..]);
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(OutputPath));
        Assert.Contains("not granted", error.Message, StringComparison.Ordinal);
    }

    private SwarmInfo Make(string name, SwarmRole role = SwarmRole.Member, TimeSpan? validity = null, bool overwrite = false) =>
        SwarmFiles.CreatePeerCertificate(_swarm.AdminPath, name, role, validity, OutputPath, overwrite, _clock);
}
