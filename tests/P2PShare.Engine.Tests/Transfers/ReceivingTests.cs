using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class ReceivingTests
{
    private const int KiB = 1024;

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
        Assert.Equal(0, receiver.Resources.Buffers.Rented);
        Assert.Equal(0, receiver.Resources.Outstanding.Used);
    }
}
