using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Tests.Peers;

// The certificates are proved while the rest of the peer is made: what then fails must leave nothing behind.
public sealed class StartingTests : IAsyncLifetime
{
    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_kept_certificate_that_the_swarm_did_not_sign_is_replaced()
    {
        var first = await _swarm.StartAsync("peer");
        await first.Engine.StopAsync();
        var path = Path.Combine(first.Engine.StateDirectory, MemberLeaf.CertificateFileName);
        var kept = PemBlocks.Read(await File.ReadAllTextAsync(path)).Single().Data;
        // Within the signature, which is last.
        kept[^5] ^= 1;
        await File.WriteAllTextAsync(path, PemEncoding.WriteString(PemBlocks.Certificate, kept));

        var second = await _swarm.StartAsync("peer");
        Assert.Equal(first.Engine.PeerId, second.Engine.PeerId);
        Assert.NotEqual(kept, PemBlocks.Read(await File.ReadAllTextAsync(path)).Single().Data);
        await Meets(second);
    }

    [Fact]
    public async Task A_swarm_file_with_a_part_of_another_is_refused()
    {
        var error = await Refused(_swarm.Options("peer") with { SwarmPath = null, SwarmText = await MixedAsync() });
        Assert.Equal(ErrorIds.SwarmFileInvalid, error.ErrorId);
        Assert.Contains("did not sign", error.Message, StringComparison.Ordinal);
        await Meets(await _swarm.StartAsync("peer"));
    }

    [Fact]
    public async Task Bad_certificates_are_named_before_a_port_that_is_in_use()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Equal(ErrorIds.PortInUse, (await Refused(_swarm.Options("peer") with { Port = port })).ErrorId);

        Assert.Equal(ErrorIds.SwarmFileInvalid, (await Refused(_swarm.Options("peer") with { SwarmPath = null, SwarmText = await MixedAsync(), Port = port })).ErrorId);

        taken.Stop();
        var peer = await _swarm.StartAsync(_swarm.Options("peer"));
        await Meets(peer);
    }

    [Fact]
    public async Task A_start_that_was_cancelled_leaves_the_state_directory_free()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Peer.StartAsync(_swarm.Options("peer"), cancelled.Token));
        await Meets(await _swarm.StartAsync("peer"));
    }

    /// <summary>The swarm's file with a certificate of another swarm in it.</summary>
    private async Task<string> MixedAsync()
    {
        var other = SwarmFiles.Create("other", _swarm["other"], overwrite: false, TimeProvider.System);
        using var content = SwarmFileReader.Read(other.SwarmPath, requirePrivate: false);
        return await File.ReadAllTextAsync(_swarm.Info.SwarmPath) + content.JoinIssuers[0].ExportCertificatePem();
    }

    private static async Task<P2PShareException> Refused(PeerOptions options) => await Assert.ThrowsAsync<P2PShareException>(() => Peer.StartAsync(options));

    private async Task Meets(LivePeer peer)
    {
        var other = await _swarm.StartAsync("other", peer);
        await other.Eventually(seen => seen.Engine.GetPeers().Count == 2);
    }
}
