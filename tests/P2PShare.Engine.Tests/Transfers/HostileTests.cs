using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Peers that say anything at all, and swarms in which everything fails now and then. Seeded.</summary>
public sealed class HostileTests
{
    private const int KiB = 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_a_peer_sends_costs_it_its_channel_at_most(int seed)
    {
        var random = new Random(seed);
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(seed, 64 * KiB, 700 * KiB, 100, 0, 65 * KiB);
        var source = swarm.AddPeer();
        source.Seed(share);
        var receiver = swarm.AddPeer();
        receiver.Shares.Holders = _ => [];
        var transfer = receiver.Receive(share, withInfo: seed % 2 == 0);
        SpinWait.SpinUntil(() => receiver.Manager.AcceptChannel(source.Id, share.Info.InfoHash) is not null, TimeSpan.FromSeconds(30));
        for (var round = 0; round < 300; round++)
        {
            var target = random.Next(2) == 0 ? source : receiver;
            var other = TestPeer.IdOf(1000 + round);
            if (target.Manager.AcceptChannel(other, share.Info.InfoHash) is not { } session) continue;
            var raw = new RawPeer();
            swarm.ConnectRaw(other, target, raw, session);
            swarm.Pump();
            for (var i = 0; i < 30 && raw.Closed is null; i++)
            {
                Send(random, raw, share);
                if (random.Next(4) == 0) swarm.Pump();
            }

            swarm.Pump();
            raw.Channel!.Close("done");
            swarm.Pump();
        }

        Assert.Equal(0, receiver.Resources.Outstanding.Used);
        // The share still goes through, and nothing of the rubbish got into it.
        receiver.Shares.Holders = null;
        swarm.SignalHolders();
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(0, receiver.Resources.Buffers.Rented);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_swarm_with_losses_chokes_and_lies_ends_with_true_copies_everywhere(int seed)
    {
        var random = new Random(seed);
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(seed, 64 * KiB, withAttributes: true, 900 * KiB, 100, 0, 64 * KiB, (64 * KiB) + 1);
        var honest = swarm.AddPeer();
        honest.Seed(share);
        var liar = swarm.AddPeer();
        liar.Seed(share);
        swarm.OnLink = (link, from, to) =>
        {
            link.BlocksAtOnce = 1 + random.Next(4);
            var lyingEnd = to == liar ? link.Right : from == liar ? link.Left : null;
            if (lyingEnd is not null) link.Filter = (end, message) =>
            {
                if (end == lyingEnd && message[0] == (byte)MessageId.Piece && random.Next(8) == 0) message[^1] ^= 0x40;
                return true;
            };
        };
        var peers = Enumerable.Range(0, 4).Select(_ => swarm.AddPeer(bufferCapacity: 256 * KiB)).ToList();
        var transfers = peers.Select(peer => peer.Receive(share)).ToArray();
        var steps = 0;
        await swarm.UntilStep(
            () => transfers.All(transfer => transfer.Completion.IsCompleted),
            "completion",
            () =>
            {
                steps++;
                if (steps % 16 == 0) swarm.SignalHolders();
                if (steps < 4000 && random.Next(60) == 0 && swarm.Links is { Count: > 0 } links) links[random.Next(links.Count)].Close("cut");
                if (random.Next(30) != 0) return;
                foreach (var transfer in swarm.TransfersOf(share))
                {
                    if (transfer.Sessions is not { Length: > 0 } sessions) continue;
                    var session = sessions[random.Next(sessions.Length)];
                    lock (transfer.Gate) session.SetChoking(!session.AmChoking && session.IsRemoteInterested);
                }
            });
        foreach (var transfer in transfers)
        {
            await transfer.Completion;
            TestPeer.StorageOf(transfer).AssertHolds(share);
        }

        swarm.CloseAll();
        foreach (var peer in peers)
        {
            Assert.Equal(0, peer.Resources.Buffers.Rented);
            Assert.Equal(0, peer.Resources.Outstanding.Used);
            Assert.DoesNotContain(peer.Events.Log, line => line.StartsWith($"banned {honest.Id.ToString()[..8]}", StringComparison.Ordinal));
        }
    }

    private static void Send(Random random, RawPeer raw, TestShare share)
    {
        MessageId[] ids = [.. Enum.GetValues<MessageId>().Where(id => id != MessageId.Piece)];
        var pieces = share.Info.PieceCount;
        switch (random.Next(10))
        {
            case 0:
                raw.Send(ids[random.Next(ids.Length)], Bytes(random, random.Next(80)));
                break;
            case 1:
                raw.Send(random.Next(2) == 0 ? MessageId.HaveAll : MessageId.HaveNone);
                break;
            case 2:
                raw.Send(MessageId.Bitfield, Bytes(random, Bitfield.ByteLengthOf(pieces)));
                break;
            case 3:
                raw.SendIndex(random.Next(2) == 0 ? MessageId.Have : MessageId.AllowedFast, random.Next(-1, pieces + 1));
                break;
            case 4:
                raw.SendRequest(random.Next(3) switch { 0 => MessageId.Request, 1 => MessageId.Cancel, _ => MessageId.RejectRequest }, random.Next(pieces), random.Next(5) * 16 * KiB, 16 * KiB);
                break;
            case 5:
                raw.Send(random.Next(4) switch { 0 => MessageId.Choke, 1 => MessageId.Unchoke, 2 => MessageId.Interested, _ => MessageId.NotInterested });
                break;
            case 6:
                raw.SendPiece(random.Next(-1, pieces + 1), random.Next(5) * 16 * KiB, Bytes(random, random.Next(3) == 0 ? 100 : 16 * KiB));
                break;
            case 7 when raw.Requests(MessageId.Request).LastOrDefault() is { Length: > 0 } request:
                var data = share.Piece(request.Piece).Slice(request.Begin, request.Length).ToArray();
                if (random.Next(2) == 0) data[0] ^= 1;
                raw.SendPiece(request.Piece, request.Begin, data);
                break;
            case 8:
                raw.SendHashRequest(new HashRequest(share.Info.Files[random.Next(2) * 3].PiecesRoot, random.Next(4), random.Next(8), 1 << random.Next(5), random.Next(4)));
                break;
            default:
                raw.Send(MessageId.Extended, [(byte)random.Next(3), .. "d8:msg_typei"u8, (byte)('0' + random.Next(4)), .. "e5:piecei"u8, (byte)('0' + random.Next(3)), .. "ee"u8]);
                break;
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
