using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

public sealed class ChosenFilesTests
{
    private const int KiB = 1024;

    [Fact]
    public async Task A_transfer_that_has_its_chosen_files_leaves_the_channel_to_the_next_of_the_same_share()
    {
        await using var swarm = new TestSwarm();
        var share = TestShare.Make(1, 64 * KiB, 100_000, 65_536, 300);
        swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var transfer = receiver.Receive(share, descriptor => descriptor with { Files = [1] });
        await swarm.Complete(transfer);

        Assert.False(transfer.IsComplete);
        Assert.True(Assert.Single(swarm.Links).IsClosed);
        await swarm.Until(() => transfer.GetSnapshot().Sources == 0, "no session left");
    }
}
