using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Tests.Identity;
using P2PShare.Engine.Transport;

namespace P2PShare.Engine.Tests.Transport;

public sealed class TlsSelfTestTests
{
    [Fact]
    public async Task Passes_where_peers_can_run()
    {
        using var swarm = new TestSwarm();
        await TlsSelfTest.RunAsync(swarm.OpenPeer(), swarm.Clock, default);
    }

    [Fact]
    public async Task A_handshake_that_fails_names_the_system()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var swarm = new TestSwarm("lab", clock);
        var peer = swarm.OpenPeer();
        // Any failure will do, and this one can be had on every system.
        clock.Advance(TimeSpan.FromDays(400));
        var error = await Assert.ThrowsAsync<P2PShareException>(() => TlsSelfTest.RunAsync(peer, clock, default));
        Assert.Equal(ErrorIds.Tls13Unavailable, error.ErrorId);
        Assert.Contains(System.Runtime.InteropServices.RuntimeInformation.OSDescription.Trim(), error.Message, StringComparison.Ordinal);
    }
}
