using System.Buffers.Binary;
using System.Net.Sockets;
using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Interop.Tests.Support;
using P2PShare.Protocol.Wire;

namespace P2PShare.Interop.Tests;

/// <summary>What clients need of us that libtorrent's tests show only where there is libtorrent.</summary>
public sealed class PlainClientTests
{
    private const int Size = 20_000;
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_whole_block_at_the_end_of_a_file_is_filled_up_with_zeros()
    {
        await using var swarm = new TestSwarm();
        var (path, peer, share) = await PublishAsync(swarm);
        // The second piece has 3616 bytes, and is asked for as if it had 16 KiB.
        var (id, payload) = await AskAsync(peer, share, new BlockRequest(1, 0, BlockRequest.BlockSize));
        Assert.Equal(MessageId.Piece, id);
        var block = payload[8..];
        Assert.Equal(BlockRequest.BlockSize, block.Length);
        var tail = (await File.ReadAllBytesAsync(path))[BlockRequest.BlockSize..];
        Assert.Equal(tail, block[..tail.Length]);
        Assert.All(block[tail.Length..], filling => Assert.Equal(0, filling));
    }

    [Theory]
    [InlineData(1, 0, BlockRequest.BlockSize + 1)]
    [InlineData(1, 16_383, 2)]
    [InlineData(1, 4000, 100)]
    [InlineData(1, -1, 100)]
    [InlineData(2, 0, 100)]
    [InlineData(-1, 0, 100)]
    [InlineData(0, 0, 0)]
    public async Task What_is_not_there_is_refused(int piece, int begin, int length)
    {
        await using var swarm = new TestSwarm();
        var (_, peer, share) = await PublishAsync(swarm);
        var (id, _) = await AskAsync(peer, share, new BlockRequest(piece, begin, length));
        Assert.Equal(MessageId.RejectRequest, id);
    }

    private static async Task<(string Path, IPeer Peer, ShareInfo Share)> PublishAsync(TestSwarm swarm)
    {
        var path = swarm.Folder.Write("source/open.bin", Size);
        var peer = await swarm.StartPeerAsync("source");
        return (path, peer, await peer.PublishAsync(new PublishRequest { Name = "open.bin", Path = path, Open = true }));
    }

    /// <summary>Shakes hands, waits to be unchoked, and asks for a block; returns the reply to that.</summary>
    private static async Task<(MessageId Id, byte[] Payload)> AskAsync(IPeer peer, ShareInfo share, BlockRequest request)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(Bound);
        await client.ConnectAsync("127.0.0.1", peer.Port, patience.Token);
        var stream = client.GetStream();
        var hello = new byte[Handshake.Size];
        new Handshake(HandshakeFeatures.Fast, Convert.FromHexString(share.InfoHash).AsSpan(0, Handshake.IdSize), "-XX0000-abcdefghijkl"u8).Write(hello);
        await stream.WriteAsync(hello, patience.Token);
        await stream.ReadExactlyAsync(hello, patience.Token);

        var message = new byte[PeerMessage.MaxFixedSize];
        await stream.WriteAsync(message.AsMemory(0, PeerMessage.WriteEmpty(message, MessageId.Interested)), patience.Token);
        while ((await ReadAsync(stream, patience.Token)).Id != MessageId.Unchoke)
        {
            // It says first what it has.
        }

        await stream.WriteAsync(message.AsMemory(0, PeerMessage.WriteBlockRequest(message, MessageId.Request, request)), patience.Token);
        return await ReadAsync(stream, patience.Token);
    }

    private static async Task<(MessageId Id, byte[] Payload)> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix, cancellationToken);
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await stream.ReadExactlyAsync(message, cancellationToken);
        return ((MessageId)message[0], message[1..]);
    }
}
