using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Peers that lie, fall silent or are lost, and disks that are full.</summary>
public sealed class FaultTests
{
    private const int KiB = 1024;
    private const int Block = 16 * KiB;

    [Fact]
    public async Task The_sender_of_a_false_block_is_found_and_only_its_block_fetched_again()
    {
        await using var swarm = new TestSwarm();
        // One piece of 64 blocks, which two peers bring together.
        var share = TestShare.Make(9, 1024 * KiB, 1024 * KiB);
        var liar = swarm.AddPeer();
        var honest = swarm.AddPeer();
        liar.Seed(share);
        honest.Seed(share);
        var lies = 0;
        swarm.OnLink = (link, _, to) =>
        {
            link.BlocksAtOnce = 1;
            if (to == liar) link.Filter = (from, message) => Lie(link, from, message, ref lies);
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(1, lies);
        Assert.Contains(receiver.Events.Log, line => line.StartsWith($"banned {liar.Id.ToString()[..8]}: a block of piece 0", StringComparison.Ordinal));
        Assert.Single(receiver.Events.Log, line => line.StartsWith("banned", StringComparison.Ordinal));
        Assert.InRange(transfer.GetSnapshot().BytesWasted, Block, 4 * Block);
        AssertNothingHeld(receiver);

        static bool Lie(TestLink link, TestLink.End from, Span<byte> message, ref int lies)
        {
            if (from == link.Right && message[0] == (byte)MessageId.Piece && lies == 0)
            {
                lies++;
                message[100] ^= 1;
            }

            return true;
        }
    }

    [Fact]
    public async Task A_sole_sender_of_false_data_is_banned_and_others_finish_the_download()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(10, 64 * KiB, 1_000_000);
        var liar = swarm.AddPeer();
        var lies = share.FullStorage();
        lies.OnRead = (piece, begin, data) => data[0] ^= 1;
        liar.Seed(share, lies);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Until(() => receiver.Events.Log.Any(line => line.StartsWith("banned", StringComparison.Ordinal)), "the ban");
        Assert.Contains(liar.Events.Log, line => line.StartsWith("warning FileChanged", StringComparison.Ordinal));
        Assert.Equal(0, TestPeer.StorageOf(transfer).PiecesHeld);
        swarm.AddPeer().Seed(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task A_single_false_block_of_a_small_file_needs_no_leaf_hashes()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(11, 64 * KiB, 100, 200);
        var liar = swarm.AddPeer();
        liar.Seed(share);
        swarm.OnLink = (link, _, to) =>
        {
            if (to == liar) link.Filter = static (_, message) =>
            {
                if (message[0] == (byte)MessageId.Piece) message[^1] ^= 1;
                return true;
            };
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Until(() => receiver.Events.Log.Any(line => line.StartsWith("banned", StringComparison.Ordinal)), "the ban");
        swarm.AddPeer().Seed(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    [Fact]
    public async Task False_metadata_ban_their_sender_and_come_from_another()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(12, 64 * KiB, 300_000, 5);
        var liar = swarm.AddPeer();
        liar.Seed(share);
        swarm.OnLink = (link, _, to) =>
        {
            if (to == liar) link.Filter = (from, message) =>
            {
                if (from == link.Right && message[0] == (byte)MessageId.Extended && message[1] == 1) message[^3] ^= 1;
                return true;
            };
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Until(() => receiver.Events.Log.Any(line => line.Contains("info dictionary", StringComparison.Ordinal)), "the ban");
        swarm.AddPeer().Seed(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    [Fact]
    public async Task False_piece_hashes_ban_their_sender_and_come_from_another()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(13, Block, 300_000);
        var liar = swarm.AddPeer();
        liar.Seed(share);
        swarm.OnLink = (link, _, to) =>
        {
            if (to == liar) link.Filter = static (_, message) =>
            {
                if (message[0] == (byte)MessageId.Hashes) message[60] ^= 1;
                return true;
            };
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Until(() => receiver.Events.Log.Any(line => line.Contains("false piece hashes", StringComparison.Ordinal)), "the ban");
        swarm.AddPeer().Seed(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    [Fact]
    public async Task A_peer_lost_in_the_middle_costs_only_what_it_had_not_brought()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(14, 64 * KiB, 2_000_000);
        var first = swarm.AddPeer();
        var lost = first.Seed(share);
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 1;
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.UntilStep(() => receiver.Resources.Outstanding.Used > 0 && transfer.GetSnapshot().BytesReceived > 500_000, "half of it");
        foreach (var link in swarm.Links) link.Close("cable pulled");
        await swarm.UntilStep(() => transfer.GetSnapshot().State == TransferState.Connecting, "the loss");
        receiver.Shares.Holders = null;
        swarm.AddPeer().Seed(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.True(lost.GetSnapshot().BytesUploaded >= 500_000);
        Assert.Equal(2_000_000, transfer.GetSnapshot().BytesReceived);
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task A_silent_peer_loses_its_blocks_to_others()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(15, 64 * KiB, 1_000_000);
        var silent = swarm.AddPeer();
        silent.Seed(share);
        swarm.OnLink = (link, _, to) =>
        {
            if (to == silent) link.BlocksAtOnce = 0;
        };
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Until(() => receiver.Resources.Outstanding.Used > 0, "requests");
        swarm.AddPeer().Seed(share);
        await swarm.Until(() => transfer.Completion.IsCompleted, "completion", () => time.Advance(TimeSpan.FromMilliseconds(100)));
        await transfer.Completion;
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(1_000_000, transfer.GetSnapshot().BytesReceived);
    }

    [Fact]
    public async Task A_full_disk_pauses_the_transfer_and_resuming_goes_on()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(16, 64 * KiB, 1_000_000);
        var source = swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var storage = new MemoryStorage(share.Info);
        storage.BeforeWrite = _ =>
        {
            if (storage.PiecesHeld == 7) throw new P2PShareException(ErrorKind.WriteError, ErrorIds.DiskFull, "no space left");
        };
        receiver.Storage.Make = _ => storage;
        var transfer = receiver.Receive(share);
        await swarm.Until(() => transfer.Completion.IsCompleted, "the failure");
        var failure = await Assert.ThrowsAsync<P2PShareException>(() => transfer.Completion);
        Assert.Equal(ErrorIds.DiskFull, failure.ErrorId);
        var snapshot = transfer.GetSnapshot();
        Assert.Equal(TransferState.Suspended, snapshot.State);
        Assert.Equal(ErrorIds.DiskFull, snapshot.ErrorId);
        Assert.Equal(7 * 64 * KiB, snapshot.BytesCompleted);
        await swarm.Until(() => swarm.Links.All(link => link.IsClosed) && !swarm.Pump(), "closing");

        storage.BeforeWrite = null;
        await swarm.While(transfer.ResumeAsync(CancellationToken.None));
        await swarm.Complete(transfer);
        storage.AssertHolds(share);
        Assert.Null(transfer.GetSnapshot().ErrorId);
        Assert.Equal(share.Info.PieceCount, storage.Writes);
        Assert.True(source.GetSnapshot().BytesUploaded < 2_000_000);
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task Without_any_holder_it_keeps_looking_and_says_so()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(20, 64 * KiB, 300_000);
        var receiver = swarm.AddPeer();
        var other = swarm.AddPeer();
        receiver.Shares.Holders = _ => [other.Id];
        var transfer = receiver.Receive(share);
        await swarm.Until(() => transfer.GetSnapshot().Error is not null, "the note", () => time.Advance(TimeSpan.FromMilliseconds(500)));
        var snapshot = transfer.GetSnapshot();
        Assert.Equal(TransferState.Connecting, snapshot.State);
        Assert.Equal(ErrorIds.NoSourceAvailable, snapshot.ErrorId);
        Assert.Contains(other.Id.ToString()[..12], snapshot.Error, StringComparison.Ordinal);
        Assert.StartsWith("1 holder of the share, none reachable", snapshot.Detail, StringComparison.Ordinal);
        Assert.Single(receiver.Events.Log, line => line.StartsWith("warning NoSourceAvailable", StringComparison.Ordinal) && line.Contains("not offered", StringComparison.Ordinal));
        Assert.False(transfer.Completion.IsCompleted);
        other.Seed(share);
        await swarm.Until(() => transfer.Completion.IsCompleted, "completion", () => time.Advance(TimeSpan.FromMilliseconds(500)));
        Assert.Null(transfer.GetSnapshot().Error);
        Assert.Null(transfer.GetSnapshot().Detail);
    }

    [Fact]
    public async Task Neighbours_of_no_use_make_room_for_the_one_that_has_the_rest()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(21, 64 * KiB, 300_000);
        for (var i = 0; i < 60; i++) swarm.AddPeer().Seed(share, share.FullStorage(static piece => piece == 0));
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share, withInfo: true);
        await swarm.Until(() => transfer.Sessions.Length == Transfer.MaxNeighbours && transfer.GetSnapshot().BytesCompleted > 0, "neighbours", () => time.Advance(TimeSpan.FromMilliseconds(100)));
        swarm.AddPeer().Seed(share);
        await swarm.Until(
            () => transfer.Completion.IsCompleted,
            "completion",
            () =>
            {
                Assert.InRange(transfer.Sessions.Length, 0, Transfer.MaxNeighbours);
                time.Advance(TimeSpan.FromMilliseconds(100));
            });
        TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    private static void AssertNothingHeld(TestPeer peer)
    {
        Assert.True(peer.Resources.Buffers.Rented == 0, string.Create(CultureInfo.InvariantCulture, $"{peer.Resources.Buffers.Rented} bytes of buffers are still rented"));
        Assert.Equal(0, peer.Resources.Outstanding.Used);
    }
}
