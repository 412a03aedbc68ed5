using System.Net.Sockets;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transfers;
using P2PShare.Interop.Tests.Support;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Interop.Tests;

/// <summary>What is not open is not there for a plain BitTorrent client, whatever it knows.</summary>
public sealed class SecrecyTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [LibtorrentFact]
    public async Task Libtorrent_gets_nothing_of_a_share_that_is_not_open()
    {
        await using var swarm = new TestSwarm();
        var peer = await swarm.StartPeerAsync("source");
        var torrent = swarm.Folder["secured.torrent"];
        var share = await peer.PublishAsync(new PublishRequest { Name = "secured.bin", Path = swarm.Folder.Write("source/secured.bin", 1_000_000), TorrentPath = torrent });
        Assert.False(share.IsOpen);

        await using var libtorrent = new LibtorrentClient();
        await libtorrent.AddAsync(torrent, swarm.Folder["received"]);
        await libtorrent.ConnectAsync(peer.Port);
        await swarm.WaitForEventAsync(peer, IsRefusal);
        var end = await libtorrent.WaitAttemptedAsync();
        Assert.True(end.Attempts > 0, libtorrent.Log);
        Assert.Equal(0, end.Received);
        Assert.Equal(0, end.Done);
    }

    [Fact]
    public async Task A_plain_client_reads_not_a_byte_unless_the_share_is_open()
    {
        await using var swarm = new TestSwarm();
        var peer = await swarm.StartPeerAsync("source");
        var secured = await peer.PublishAsync(new PublishRequest { Name = "secured.bin", Path = swarm.Folder.Write("source/secured.bin", 100_000, seed: 1) });
        var open = await peer.PublishAsync(new PublishRequest { Name = "open.bin", Path = swarm.Folder.Write("source/open.bin", 100_000, seed: 2), Open = true });

        Assert.Empty(await ShakeHandsAsync(peer, secured.InfoHash));
        Assert.Empty(await ShakeHandsAsync(peer, new string('0', 64)));
        await swarm.WaitForEventAsync(peer, IsRefusal);

        var answer = await ShakeHandsAsync(peer, open.InfoHash);
        Assert.Equal(Handshake.Size, answer.Length);
        Assert.True(Handshake.Read(answer).IsFor(new InfoHash(new Hash256(Convert.FromHexString(open.InfoHash)))));
    }

    [Fact]
    public async Task Who_received_a_share_by_the_swarm_does_not_serve_it_in_the_open()
    {
        await using var swarm = new TestSwarm();
        var source = await swarm.StartPeerAsync("source");
        var share = await source.PublishAsync(new PublishRequest { Name = "open.bin", Path = swarm.Folder.Write("source/open.bin", 100_000), Open = true });
        var receiver = await swarm.StartPeerAsync("receiver");
        await receiver.WaitForSharesAsync(new ShareQuery { LiteralNames = ["open.bin"] }, Bound);
        var transfer = await receiver.ReceiveAsync(new ReceiveRequest { InfoHash = share.InfoHash, Destination = swarm.Folder["received"] });
        await transfer.Completion.WaitAsync(Bound);

        Assert.Equal(Handshake.Size, (await ShakeHandsAsync(source, share.InfoHash)).Length);
        Assert.Empty(await ShakeHandsAsync(receiver, share.InfoHash));
    }

    [Fact]
    public async Task A_share_published_again_without_being_open_is_closed()
    {
        await using var swarm = new TestSwarm();
        var peer = await swarm.StartPeerAsync("source");
        var path = swarm.Folder.Write("source/file.bin", 100_000);
        var share = await peer.PublishAsync(new PublishRequest { Name = "file.bin", Path = path, Open = true });
        Assert.Equal(Handshake.Size, (await ShakeHandsAsync(peer, share.InfoHash)).Length);

        var again = await peer.PublishAsync(new PublishRequest { Name = "file.bin", Path = path });
        Assert.Equal(share.InfoHash, again.InfoHash);
        Assert.False(again.IsOpen);
        Assert.Empty(await ShakeHandsAsync(peer, share.InfoHash));
    }

    [Fact]
    public async Task A_share_published_again_to_be_open_is_opened()
    {
        await using var swarm = new TestSwarm();
        var peer = await swarm.StartPeerAsync("source");
        var path = swarm.Folder.Write("source/file.bin", 100_000);
        var share = await peer.PublishAsync(new PublishRequest { Name = "file.bin", Path = path });
        Assert.Empty(await ShakeHandsAsync(peer, share.InfoHash));

        var again = await peer.PublishAsync(new PublishRequest { Name = "file.bin", Path = path, Open = true });
        Assert.Equal(share.InfoHash, again.InfoHash);
        Assert.True(again.IsOpen);
        Assert.Equal(Handshake.Size, (await ShakeHandsAsync(peer, share.InfoHash)).Length);
    }

    private static bool IsRefusal(PeerEvent happened) =>
        happened.Kind == PeerEventKind.PeerRefused && happened.Message.Contains("not open", StringComparison.Ordinal);

    /// <summary>Says hello as any client would, and returns what comes back: a handshake, or what there was before the end.</summary>
    private static async Task<byte[]> ShakeHandsAsync(IPeer peer, string infoHash)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(Bound);
        await client.ConnectAsync("127.0.0.1", peer.Port, patience.Token);
        var bytes = new byte[Handshake.Size];
        new Handshake(
            HandshakeFeatures.Extensions | HandshakeFeatures.Fast | HandshakeFeatures.V2Upgrade,
            Convert.FromHexString(infoHash).AsSpan(0, Handshake.IdSize),
            "-XX0000-abcdefghijkl"u8).Write(bytes);
        var stream = client.GetStream();
        await stream.WriteAsync(bytes, patience.Token);
        var answer = new byte[Handshake.Size];
        var count = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, patience.Token);
        return answer[..count];
    }
}
