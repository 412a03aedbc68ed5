using P2PShare.Engine.Tests.Identity;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Transport;

public sealed class TlsAuthenticatorTests
{
    [Fact]
    public async Task Two_members_prove_themselves_to_each_other()
    {
        using var swarm = new TestSwarm();
        var (first, second) = (swarm.OpenPeer(), swarm.OpenPeer());
        using var pair = await TlsPair.ConnectAsync();

        var accepting = new TlsAuthenticator(first, swarm.Clock).AuthenticateAsServerAsync(pair.Accepted, default);
        var dialling = new TlsAuthenticator(second, swarm.Clock).AuthenticateAsClientAsync(pair.Dialled, default);
        await using var accepted = (await accepting).Stream;
        await using var dialled = (await dialling).Stream;

        Assert.Equal(second.PeerId, (await accepting).RemoteId);
        Assert.Equal(first.PeerId, (await dialling).RemoteId);
        Assert.True((await accepting).RemoteLeaf.Span.SequenceEqual(second.Leaf.Span));
        Assert.Equal(first.LeafNotAfter, (await dialling).RemoteNotAfter);

        await dialled.WriteAsync(new byte[] { 1, 2, 3 });
        var received = new byte[3];
        await accepted.ReadExactlyAsync(received);
        Assert.Equal([1, 2, 3], received);
    }
}
