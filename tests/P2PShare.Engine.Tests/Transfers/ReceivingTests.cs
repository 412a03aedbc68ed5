using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class ReceivingTests
{
    private const int KiB = 1024;
    private const int Block = 16 * KiB;

    [Fact]
    public async Task One_peer_receives_a_share_from_another()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(1, 64 * KiB, withAttributes: true, 1_000_000, 0, 1, 65_536, 65_537, 300);
        var source = swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);

        var storage = TestPeer.StorageOf(transfer);
        storage.AssertHolds(share);
        Assert.True(storage.Completed);
        Assert.Equal(share.Attributes!.Hash, storage.Attributes!.Hash);
        var snapshot = transfer.GetSnapshot();
        Assert.Equal(TransferState.Completed, snapshot.State);
        Assert.Equal(share.Info.TotalLength, snapshot.BytesCompleted);
        Assert.Equal(share.Info.TotalLength, snapshot.BytesReceived);
        Assert.Equal(0, snapshot.BytesWasted);
        Assert.Equal(share.Info.TotalLength, source.GetSnapshot().BytesUploaded);
        Assert.Equal(share.Info.PieceCount, storage.Writes);
        Assert.Contains("holding Partial", receiver.Events.Log);
        Assert.Equal("holding Complete", receiver.Events.Log.Last(line => line.StartsWith("holding", StringComparison.Ordinal)));
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task Many_partial_holders_together_are_enough_and_nothing_comes_twice()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(2, 64 * KiB, 3_000_000);
        var holders = Enumerable.Range(0, 4).Select(i => swarm.AddPeer().Seed(share, share.FullStorage(piece => piece % 4 == i))).ToList();
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.All(holders, holder => Assert.InRange(holder.GetSnapshot().BytesUploaded, 600_000, 900_000));
        Assert.Equal(0, transfer.GetSnapshot().BytesWasted);
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task Receivers_serve_one_another()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(3, 64 * KiB, 6_000_000);
        var source = swarm.AddPeer();
        var seed = source.Seed(share);
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 0;
        var peers = Enumerable.Range(0, 4).Select(_ => swarm.AddPeer()).ToList();
        var transfers = peers.Select(peer => peer.Receive(share)).ToList();
        await swarm.Until(() => peers.All(peer => peer.Resources.Outstanding.Used > 0), "requests");
        foreach (var link in swarm.Links) link.BlocksAtOnce = 1;
        await swarm.UntilStep(() => transfers.All(transfer => transfer.Holding == TransferHolding.Partial), "first pieces");
        foreach (var link in swarm.Links) link.BlocksAtOnce = 0;
        await swarm.Until(() => transfers.All(transfer => transfer.Sessions.Length >= 4), "neighbours", swarm.SignalHolders);
        foreach (var link in swarm.Links) link.BlocksAtOnce = 2;
        await swarm.UntilStep(() => transfers.All(transfer => transfer.Completion.IsCompleted), "completion");
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.True(seed.GetSnapshot().BytesUploaded < 3 * share.Info.TotalLength, "the source sent nearly everything itself");
        foreach (var peer in peers) AssertNothingHeld(peer);
    }

    [Fact]
    public async Task A_large_file_has_its_piece_layer_fetched_in_chunks()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(4, Block, (1100 * Block) + 5, 3 * Block, 2 * Block);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var hashes = 0;
        swarm.OnLink = (link, _, _) => link.Filter = (_, message) =>
        {
            if (message[0] == (byte)MessageId.Hashes) hashes++;
            return true;
        };
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(3 + 1 + 1, hashes);
    }

    [Fact]
    public async Task What_is_on_disk_already_is_not_fetched()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(5, 64 * KiB, 2_000_000);
        var source = swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        receiver.Storage.Make = _ => share.FullStorage(piece => piece < 20);
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(2_000_000 - 20 * 64 * KiB, source.GetSnapshot().BytesUploaded);
    }

    [Fact]
    public async Task What_is_on_disk_in_full_completes_without_any_peer()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(6, 64 * KiB, 500_000, 0);
        var receiver = swarm.AddPeer();
        receiver.Storage.Make = _ => share.FullStorage();
        var transfer = receiver.Receive(share, withInfo: true);
        await swarm.Complete(transfer);
        Assert.True(TestPeer.StorageOf(transfer).Completed);
        Assert.Empty(swarm.Links);
        Assert.DoesNotContain("state Transferring", receiver.Events.Log.Where(line => line == "state Connecting"));
    }

    [Fact]
    public async Task Empty_files_and_shares_without_any_piece_complete()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(7, Block, 0, 0, 0);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        Assert.True(TestPeer.StorageOf(transfer).Completed);
        Assert.Equal(100, transfer.GetSnapshot().PercentComplete);
        Assert.Contains("holding Complete", receiver.Events.Log);
    }

    [Fact]
    public async Task Only_the_chosen_files_are_fetched()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(8, Block, 100_000, 50_000, 0, 70_000);
        var source = swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share, descriptor => descriptor with { Files = [1, 2, 3] });
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share, piece => share.Info.Locate(piece).File.Index != 0);
        Assert.Equal(120_000, source.GetSnapshot().BytesUploaded);
        var snapshot = transfer.GetSnapshot();
        Assert.Equal(120_000, snapshot.Length);
        Assert.Equal(100, snapshot.PercentComplete);
        Assert.Equal(3, snapshot.FileCount);
        Assert.Equal("holding Partial", receiver.Events.Log.Last(line => line.StartsWith("holding", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Suspending_and_resuming_lose_nothing_that_was_verified()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(17, 64 * KiB, 2_000_000);
        swarm.AddPeer().Seed(share);
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 2;
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.UntilStep(() => transfer.GetSnapshot().BytesCompleted > 500_000, "a part");
        var first = transfer.Completion;
        await swarm.While(transfer.SuspendAsync(CancellationToken.None));
        Assert.True(first.IsCanceled);
        Assert.Equal(TransferState.Suspended, transfer.GetSnapshot().State);
        Assert.True(transfer.Descriptor.IsSuspended);
        await swarm.Until(() => !swarm.Pump(), "quiet");
        AssertNothingHeld(receiver);
        var held = TestPeer.StorageOf(transfer).PiecesHeld;
        Assert.Null(receiver.Manager.AcceptChannel(receiver.Id, share.Info.InfoHash));

        await swarm.While(transfer.ResumeAsync(CancellationToken.None));
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(share.Info.PieceCount, TestPeer.StorageOf(transfer).Writes);
        Assert.InRange(held, 7, share.Info.PieceCount - 1);
        Assert.Equal(1, receiver.Storage.Opened);
    }

    [Fact]
    public async Task Stopping_abandons_the_files()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(18, 64 * KiB, 2_000_000);
        swarm.AddPeer().Seed(share);
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 2;
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.UntilStep(() => transfer.GetSnapshot().BytesCompleted > 100_000, "a part");
        await swarm.While(transfer.StopAsync(keepPartial: false, CancellationToken.None));
        Assert.True(TestPeer.StorageOf(transfer).Abandoned);
        Assert.Equal(TransferState.Stopped, transfer.GetSnapshot().State);
        Assert.Equal("holding None", receiver.Events.Log.Last(line => line.StartsWith("holding", StringComparison.Ordinal)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transfer.Completion);
    }

    [Fact]
    public async Task A_file_that_is_on_this_machine_is_copied_and_not_fetched()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(19, 64 * KiB, 300_000, 100_000);
        var source = swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var path = Path.Combine(Path.GetTempPath(), $"p2p-{Guid.NewGuid():N}");
        try
        {
            await File.WriteAllBytesAsync(path, share.File(0).ToArray());
            receiver.Local.Paths.Add(share.Info.Files[0].PiecesRoot, path);
            // Another claims to be the second file and is not.
            receiver.Local.Paths.Add(share.Info.Files[1].PiecesRoot, path);
            var transfer = receiver.Receive(share);
            await swarm.Complete(transfer);
            TestPeer.StorageOf(transfer).AssertHolds(share);
            Assert.Equal(300_000, transfer.GetSnapshot().BytesReused);
            Assert.Equal(100_000, source.GetSnapshot().BytesUploaded);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task More_transfers_than_run_at_once_take_turns()
    {
        await using var swarm = new TestSwarm();
        var source = swarm.AddPeer();
        var receiver = swarm.AddPeer();
        var shares = Enumerable.Range(0, 2 * TransferManager.MaxRunning).Select(i => TestShare.Make(100 + i, 64 * KiB, 70_000 + i)).ToList();
        foreach (var share in shares) source.Seed(share);
        var transfers = shares.Select(share => receiver.Receive(share)).ToArray();
        await swarm.Complete(transfers);
        for (var i = 0; i < shares.Count; i++) TestPeer.StorageOf(transfers[i]).AssertHolds(shares[i]);
        AssertNothingHeld(receiver);
    }

    [Fact]
    public async Task Little_memory_is_enough()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(21, 256 * KiB, 3_000_000, 100, 200_000);
        swarm.AddPeer().Seed(share);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer(bufferCapacity: 300 * KiB);
        var transfer = receiver.Receive(share);
        var most = 0L;
        await swarm.UntilStep(() =>
        {
            most = Math.Max(most, receiver.Resources.Buffers.Rented);
            return transfer.Completion.IsCompleted;
        }, "completion");
        await transfer.Completion;
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.InRange(most, 256 * KiB, 300 * KiB);
    }

    [Fact]
    public async Task The_metadata_alone_can_be_fetched()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(22, 64 * KiB, withAttributes: true, 300_000, 7);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var fetch = receiver.Manager.FetchMetadataAsync(share.Info.InfoHash, "x", share.Attributes!.Hash, CancellationToken.None);
        await swarm.Until(() => fetch.IsCompleted, "the metadata");
        var (info, attributes) = await fetch;
        Assert.Equal(share.Info.InfoHash, info.InfoHash);
        Assert.Equal(share.Attributes.Hash, attributes!.Hash);
        Assert.Empty(receiver.Manager.Transfers);
        Assert.Empty(receiver.Manager.Find(share.Info.InfoHash));
    }

    [Fact]
    public async Task Two_that_have_it_all_part()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(23, 64 * KiB, 300_000);
        swarm.AddPeer().Seed(share);
        var transfer = swarm.AddPeer().Receive(share);
        await swarm.Complete(transfer);
        await swarm.Until(() => swarm.Links.All(link => link.IsClosed), "closing");
        Assert.Contains("both have all", swarm.Links[0].CloseReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_limit_is_kept_on_either_side(bool upload)
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(24, 64 * KiB, 2_000_000);
        var source = swarm.AddPeer();
        source.Seed(share);
        var receiver = swarm.AddPeer();
        if (upload) source.Manager.SetLimits(1_000_000, null);
        else receiver.Manager.SetLimits(null, 1_000_000);
        var transfer = receiver.Receive(share, withInfo: true);
        await swarm.Until(() => swarm.Links.Count > 0, "the link");
        var begun = time.GetUtcNow();
        await swarm.Until(() => transfer.Completion.IsCompleted, "completion", () => time.Advance(TimeSpan.FromMilliseconds(50)));
        await transfer.Completion;
        TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.InRange((time.GetUtcNow() - begun).TotalSeconds, 1.5, 20);
    }

    [Fact]
    public async Task With_more_peers_than_slots_everybody_is_served_in_turn()
    {
        var time = new FakeTimeProvider();
        await using var swarm = new TestSwarm(time);
        var share = TestShare.Make(25, 64 * KiB, 400_000);
        var source = swarm.AddPeer();
        var seed = source.Seed(share);
        var peers = Enumerable.Range(0, 24).Select(_ => swarm.AddPeer()).ToList();
        // A star: nobody can get anything but from the source.
        foreach (var peer in peers) peer.Shares.Holders = _ => [source.Id];
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 0;
        var transfers = peers.Select(peer => peer.Receive(share, withInfo: true)).ToArray();
        await swarm.Until(() => seed.Sessions.Count(session => session.IsRemoteInterested) == peers.Count, "everybody");
        foreach (var link in swarm.Links) link.BlocksAtOnce = 1;
        var most = 0;
        await swarm.UntilStep(
            () =>
            {
                most = Math.Max(most, seed.Sessions.Count(session => !session.AmChoking));
                return transfers.All(transfer => transfer.Completion.IsCompleted);
            },
            "completion",
            () => time.Advance(TimeSpan.FromMilliseconds(20)));
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share);
        Assert.Equal(GenerousChoker.SwarmSlots, most);
    }

    [Fact]
    public async Task States_follow_one_another_in_their_order()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(26, 64 * KiB, 300_000);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share);
        await swarm.Complete(transfer);
        var states = receiver.Events.Log.Where(line => line.StartsWith("state ", StringComparison.Ordinal))
            .Select(line => (int)Enum.Parse<TransferState>(line["state ".Length..])).ToList();
        Assert.Equal(states.Order(), states);
        Assert.Equal((int)TransferState.Completed, states[^1]);
    }

    [Fact]
    public async Task Real_hashing_threads_do_the_same()
    {
        using var workers = new HashWorkers(4);
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(27, 64 * KiB, [3_000_000, .. Enumerable.Range(0, 500).Select(i => i * 7)]);
        swarm.AddPeer(hashing: workers).Seed(share);
        var peers = Enumerable.Range(0, 3).Select(_ => swarm.AddPeer(hashing: workers)).ToList();
        var transfers = peers.Select(peer => peer.Receive(share)).ToArray();
        await swarm.Complete(transfers);
        foreach (var transfer in transfers) TestPeer.StorageOf(transfer).AssertHolds(share);
        foreach (var peer in peers) AssertNothingHeld(peer);
    }

    private static void AssertNothingHeld(TestPeer peer)
    {
        Assert.True(peer.Resources.Buffers.Rented == 0, string.Create(CultureInfo.InvariantCulture, $"{peer.Resources.Buffers.Rented} bytes of buffers are still rented"));
        Assert.Equal(0, peer.Resources.Outstanding.Used);
    }
}
