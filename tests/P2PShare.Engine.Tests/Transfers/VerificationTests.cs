using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>When received pieces go to the hashing threads, and what they find there.</summary>
public sealed class VerificationTests
{
    private const int KiB = 1024;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Of_many_small_pieces_a_few_wait_a_moment_for_others()
    {
        await using var swarm = new TestSwarm(_time);
        // Of 200 pieces the source has five, less than what makes a hop.
        var share = TestShare.Make(31, 16 * KiB, 200 * 16 * KiB);
        swarm.AddPeer().Seed(share, share.FullStorage(static piece => piece < 5));
        var transfer = swarm.AddPeer().Receive(share, withInfo: true);
        await swarm.Until(() => transfer.GetSnapshot().BytesReceived == 5 * 16 * KiB, "the blocks");
        swarm.Pump();
        Assert.Equal(0, transfer.GetSnapshot().BytesCompleted);
        _time.Advance(PieceVerification.Patience);
        swarm.Pump();
        Assert.Equal(5 * 16 * KiB, transfer.GetSnapshot().BytesCompleted);
    }

    [Theory]
    [InlineData(16 * KiB, 100)]
    [InlineData(256 * KiB, 4)]
    public async Task Of_few_or_large_pieces_none_waits(int pieceLength, int pieces)
    {
        await using var swarm = new TestSwarm(_time);
        var share = TestShare.Make(32, pieceLength, pieces * pieceLength);
        swarm.AddPeer().Seed(share, share.FullStorage(static piece => piece == 0));
        var transfer = swarm.AddPeer().Receive(share, withInfo: true);
        await swarm.Until(() => transfer.GetSnapshot().BytesCompleted == pieceLength, "a piece");
    }

    [Fact]
    public async Task The_last_pieces_wait_for_nothing()
    {
        await using var swarm = new TestSwarm(_time);
        var share = TestShare.Make(33, 16 * KiB, 200 * 16 * KiB + 1);
        swarm.AddPeer().Seed(share);
        // Its clock stands still.
        await swarm.Complete(swarm.AddPeer().Receive(share, withInfo: true));
    }

    [Theory]
    [InlineData(16 * KiB)]
    [InlineData(64 * KiB)]
    [InlineData(128 * KiB)]
    [InlineData(256 * KiB)]
    public async Task Pieces_of_every_size_are_hashed_right_and_false_ones_fetched_again(int pieceLength)
    {
        await using var swarm = new TestSwarm(_time);
        // Files that end in the middle of a block, of a piece, and of both.
        var share = TestShare.Make(34, pieceLength, 3 * 256 * KiB, 100 * KiB + 1, 1, 16 * KiB, 40 * KiB);
        var liar = swarm.AddPeer();
        var last = share.Info.PieceCount - 1;
        swarm.OnLink = (link, opener, acceptor) => link.Filter = (from, message) =>
        {
            // The second block of the first piece, or the first of the last, from the one peer.
            if (message[0] == 7 && (from == link.Left ? opener : acceptor) == liar && message[4] is var piece && (piece == 0 || piece == last)) message[^1] ^= 1;
            return true;
        };
        liar.Seed(share);
        swarm.AddPeer().Seed(share);
        var transfer = swarm.AddPeer().Receive(share, withInfo: true);
        await swarm.Until(() => transfer.Completion.IsCompleted, "completion", () => _time.Advance(TimeSpan.FromMilliseconds(10)));
        TestPeer.StorageOf(transfer).AssertHolds(share);
    }

    [Fact]
    public async Task Of_many_holders_no_more_are_checked_than_are_asked()
    {
        await using var swarm = new TestSwarm(_time);
        var share = TestShare.Make(35, 64 * KiB, 300_000);
        for (var i = 0; i < 40; i++) swarm.AddPeer().Seed(share);
        var receiver = swarm.AddPeer();
        var asked = new HashSet<PeerId>();
        receiver.Shares.Confirm = peer => asked.Add(peer) && asked.Count != 2;
        var transfer = receiver.Receive(share, withInfo: true);
        await swarm.Complete(transfer);
        Assert.InRange(asked.Count, 2, NeighbourGoal.Initial + 1);
        Assert.DoesNotContain(transfer.Sessions, session => session.RemoteId == asked.ElementAt(1));
    }
}
