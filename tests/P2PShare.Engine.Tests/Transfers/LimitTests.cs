using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>Rate limits, measured by a clock that only the test moves.</summary>
public sealed class LimitTests
{
    private const int MB = 1_000_000;
    private const int PieceLength = 64 * 1024;

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(300_000)]
    [InlineData(2 * MB)]
    [InlineData(6 * MB)]
    public async Task A_download_limit_of_the_process_is_kept_within_a_twentieth(int limit)
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        receiver.Manager.SetLimits(null, limit);
        var transfer = await StartAsync(swarm, receiver, 1, 12 * limit, sources: 3);
        await Assert10sAsync(swarm, () => transfer.GetSnapshot().BytesReceived, limit);
    }

    [Fact]
    public async Task A_download_limit_of_one_transfer_is_kept_and_leaves_the_others_alone()
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        var free = await StartAsync(swarm, receiver, 1, 8 * MB, sources: 1);
        var limited = await StartAsync(swarm, receiver, 2, 12 * MB, sources: 2, change: descriptor => descriptor with { DownloadLimit = MB });
        Assert.Equal(MB, limited.GetSnapshot().DownloadLimit);
        await Assert10sAsync(swarm, () => limited.GetSnapshot().BytesReceived, MB);
        Assert.Equal(TransferState.Completed, free.GetSnapshot().State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_limit_is_kept_and_shared_fairly_by_those_who_receive(bool ofProcess)
    {
        await using var swarm = new TestSwarm(_time);
        var source = swarm.AddPeer();
        var share = TestShare.Make(3, PieceLength, 30 * MB);
        var seed = source.Seed(share);
        if (ofProcess) source.Manager.SetLimits(3 * MB, null);
        else seed.SetLimits(3 * MB, null);
        var transfers = new List<Transfer>();
        for (var i = 0; i < 3; i++)
        {
            var receiver = swarm.AddPeer();
            // From the source alone.
            receiver.Shares.Holders = _ => [source.Id];
            transfers.Add(receiver.Receive(share, withInfo: true));
        }

        await swarm.Until(() => transfers.All(transfer => transfer.Queue is { IsPaused: false } && transfer.Sessions.Length > 0), "sessions");
        await Assert10sAsync(swarm, () => seed.GetSnapshot().BytesUploaded, 3 * MB);
        var received = transfers.ConvertAll(transfer => transfer.GetSnapshot().BytesReceived);
        Assert.True(received.Max() < 1.1 * received.Min(), string.Join(", ", received));
    }

    [Fact]
    public async Task Transfers_share_a_limit_equally_however_many_peers_they_have()
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        receiver.Manager.SetLimits(null, 4 * MB);
        var one = await StartAsync(swarm, receiver, 4, 30 * MB, sources: 1);
        var many = await StartAsync(swarm, receiver, 5, 30 * MB, sources: NeighbourGoal.Initial);
        await Assert10sAsync(swarm, () => one.GetSnapshot().BytesReceived + many.GetSnapshot().BytesReceived, 4 * MB);
        Assert.InRange(many.GetSnapshot().BytesReceived, 0.9 * one.GetSnapshot().BytesReceived, 1.1 * one.GetSnapshot().BytesReceived);
    }

    [Fact]
    public async Task A_limit_set_while_running_holds_at_once_and_can_be_taken_away()
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 4;
        var transfer = await StartAsync(swarm, receiver, 6, 40 * MB, sources: 2);
        await swarm.UntilStep(() => transfer.GetSnapshot().BytesReceived > MB && receiver.Resources.Outstanding.Used > MB, "a megabyte");
        transfer.SetLimits(null, MB);
        Assert.Contains("limits  1000000", receiver.Events.Log);
        Assert.Equal(0, receiver.Resources.Outstanding.Used);
        await Assert10sAsync(swarm, () => transfer.GetSnapshot().BytesReceived, MB);
        transfer.SetLimits(null, 2 * MB);
        await Assert10sAsync(swarm, () => transfer.GetSnapshot().BytesReceived, 2 * MB);
        transfer.SetLimits(null, null);
        await swarm.Complete(transfer);
        TestPeer.StorageOf(transfer).AssertHolds(Share(6, 40 * MB));
    }

    [Fact]
    public async Task An_upload_limit_set_while_running_holds_for_what_was_queued_already()
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        swarm.OnLink = (link, _, _) => link.BlocksAtOnce = 4;
        var transfer = await StartAsync(swarm, receiver, 7, 40 * MB, sources: 1);
        await swarm.UntilStep(() => transfer.GetSnapshot().BytesReceived > MB, "a megabyte");
        var seed = swarm.TransfersOf(Share(7, 40 * MB)).Single(other => other.IsPublished);
        seed.SetLimits(MB, null);
        await Assert10sAsync(swarm, () => seed.GetSnapshot().BytesUploaded, MB);
        seed.SetLimits(null, null);
        await swarm.Complete(transfer);
    }

    [Fact]
    public async Task The_narrower_of_two_limits_counts()
    {
        await using var swarm = new TestSwarm(_time);
        var receiver = swarm.AddPeer();
        receiver.Manager.SetLimits(null, 5 * MB);
        var transfer = await StartAsync(swarm, receiver, 8, 20 * MB, sources: 2, change: descriptor => descriptor with { DownloadLimit = MB });
        await Assert10sAsync(swarm, () => transfer.GetSnapshot().BytesReceived, MB);
        receiver.Manager.SetLimits(null, MB / 2);
        await Assert10sAsync(swarm, () => transfer.GetSnapshot().BytesReceived, MB / 2);
    }

    private static TestShare Share(int seed, int length) => TestShare.Make(seed, PieceLength, length);

    private static async Task<Transfer> StartAsync(TestSwarm swarm, TestPeer receiver, int seed, int length, int sources, Func<TransferDescriptor, TransferDescriptor>? change = null)
    {
        var share = Share(seed, length);
        for (var i = 0; i < sources; i++) swarm.AddPeer().Seed(share);
        var transfer = receiver.Receive(share, change, withInfo: true);
        await swarm.UntilStep(() => transfer.Queue is { IsPaused: false } && transfer.Sessions.Length == sources, "sessions");
        return transfer;
    }

    /// <summary>Lets ten seconds pass: what came in them, and in the first alone, is what the limit says.</summary>
    private async Task Assert10sAsync(TestSwarm swarm, Func<long> bytes, int limit)
    {
        var before = bytes();
        for (var i = 1; i <= 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            while (swarm.Pump()) await Task.Yield();
            if (i == 10) Assert.InRange(bytes() - before, 0.8 * limit, 1.2 * limit);
        }

        Assert.InRange(bytes() - before, 0.95 * limit * 10, 1.05 * limit * 10);
    }
}
