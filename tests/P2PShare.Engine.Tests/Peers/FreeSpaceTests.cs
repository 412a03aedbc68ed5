using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Tests.Storage;
using P2PShare.Engine.Tests.Transport;

namespace P2PShare.Engine.Tests.Peers;

public sealed class FreeSpaceTests : IAsyncLifetime
{
    private const long GiB = 1L << 30;

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Theory]
    [InlineData(true, true, "accepted")]
    [InlineData(false, true, "mirrored")]
    [InlineData(false, false, "state")]
    public async Task Others_see_the_room_where_files_land_unasked(bool accepts, bool mirrors, string measured)
    {
        var first = await _swarm.StartAsync("first");
        var fileSystem = new FaultyFileSystem { AvailableAt = path => path.StartsWith(_swarm[measured], StringComparison.Ordinal) ? 7 * GiB : 9 * GiB };
        var second = await _swarm.StartAsync(_swarm.Options("second", first) with
        {
            FileSystem = fileSystem,
            AcceptPath = accepts ? _swarm["accepted"] : null,
            Mirror = mirrors ? ["*"] : [],
            MirrorPath = mirrors ? _swarm["mirrored"] : null,
        });
        await first.Eventually(peer => peer.Engine.GetPeers().SingleOrDefault(other => other.Name == "second") is { FreeSpace: 7 * GiB });
        Assert.Equal(7 * GiB, second.Engine.GetPeers().Single(peer => peer.IsLocal).FreeSpace);
        await second.Eventually(peer => peer.Engine.GetPeers().Any(other => other is { Name: "first", FreeSpace: > 0 }));
    }

    [Fact]
    public async Task It_is_told_anew_when_it_changed_by_much_and_not_more_often_than_every_few_minutes()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var fileSystem = new FaultyFileSystem { Available = 100 * GiB };
        var address = IPAddress.Parse("192.0.2.1");
        var live = await _swarm.StartAsync(_swarm.Options("alone") with
        {
            ListenAddress = address.ToString(),
            TimeProvider = time,
            Network = new MemoryNetwork().Host(address),
            Authenticator = static id => new PlainAuthenticator(id),
            FileSystem = fileSystem,
        });
        var peer = Assert.IsType<SwarmPeer>(live.Engine);
        var first = peer.Digest.ToArray();
        Assert.Equal(100 * GiB, await ToldAfterAsync(TimeSpan.Zero));

        fileSystem.Available = 95 * GiB;
        Assert.Equal(100 * GiB, await ToldAfterAsync(SwarmPeer.FreeSpaceInterval));
        Assert.Equal(100 * GiB, await ToldAfterAsync(SwarmPeer.FreeSpaceInterval));
        Assert.Equal(first, peer.Digest.ToArray());

        fileSystem.Available = 80 * GiB;
        Assert.Equal(100 * GiB, await ToldAfterAsync(SwarmPeer.FreeSpaceInterval - TimeSpan.FromMilliseconds(1)));
        Assert.Equal(80 * GiB, await ToldAfterAsync(TimeSpan.FromMilliseconds(1)));

        // Whatever else a record is renewed for, it tells what was measured last.
        fileSystem.Available = 79 * GiB;
        Assert.Equal(80 * GiB, await ToldAfterAsync(SwarmPeer.FreeSpaceInterval));
        peer.Membership.RenewOwnRecord();
        Assert.Equal(79 * GiB, await ToldAfterAsync(TimeSpan.Zero));

        async Task<long> ToldAfterAsync(TimeSpan passing)
        {
            time.Advance(passing);
            await peer.Membership.SettledAsync();
            return Assert.Single(peer.GetPeers()).FreeSpace;
        }
    }
}
