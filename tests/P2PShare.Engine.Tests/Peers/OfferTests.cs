using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

public sealed class OfferTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task What_is_offered_is_listed_until_it_is_received()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 200_000, 1));
        await OfferAsync(source, share, "target");

        await target.Eventually(peer => peer.Engine.GetOffers().Count == 1);
        var offered = Assert.Single(target.Engine.GetOffers());
        Assert.Equal(("tools.bin", share.InfoHash, "source"), (offered.Name, offered.InfoHash, offered.OfferedBy));
        Assert.InRange(offered.Offered!.Value, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(1));
        Assert.Contains(target.EventsOf(PeerEventKind.OfferReceived), happened => happened.Share?.InfoHash == share.InfoHash && happened.Peer?.Name == "source");
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Listed);

        await target.ReceiveAsync(share);
        await target.Eventually(peer => peer.Engine.GetOffers().Count == 0);
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Complete);
    }

    [Fact]
    public async Task A_peer_with_a_place_for_offers_takes_them_by_itself()
    {
        var source = await _swarm.StartAsync("source");
        LivePeer[] targets = [await AcceptingAsync("t1", source), await AcceptingAsync("t2", source), await AcceptingAsync("t3", source)];
        await source.Eventually(peer => peer.Engine.GetPeers().Count == 4);
        _swarm.Write("set/a.bin", 100_000, 1);
        _swarm.Write("set/sub/b.bin", 50_000, 2);
        var share = await source.PublishAsync(_swarm["set"]);
        await OfferAsync(source, share, "*");

        var reports = new Reports();
        var result = await source.Engine.WaitForRecipientsAsync(share.InfoHash, source.Engine.FindPeers(["*"]).Peers, reports).WaitAsync(Bound);
        Assert.Equal(["t1: Complete", "t2: Complete", "t3: Complete"], result.Select(recipient => recipient.ToString()));
        Assert.Equal("3 of 3 complete", ShareDelivery.Describe(reports.Last));
        foreach (var target in targets)
        {
            Assert.Equal(File.ReadAllBytes(_swarm["set/sub/b.bin"]), File.ReadAllBytes(_swarm[$"in-{target.Name}/set/sub/b.bin"]));
            Assert.Empty(target.Engine.GetOffers());
        }
    }

    [Fact]
    public async Task Only_offers_of_those_that_were_named_are_taken()
    {
        var source = await _swarm.StartAsync("source");
        var other = await _swarm.StartAsync("other", source);
        var target = await _swarm.StartAsync(_swarm.Options("target", source) with { AcceptPath = _swarm["in"], AcceptFrom = ["sou*", other.Engine.PeerId.Replace(other.Engine.PeerId[0], 'f')] });
        var taken = await source.PublishAsync(_swarm.Write("taken.bin", 1000, 1));
        var listed = await other.PublishAsync(_swarm.Write("listed.bin", 1000, 2));
        await other.Eventually(peer => peer.Engine.FindPeers(["target"]).Peers.Count == 1);
        await OfferAsync(source, taken, "target");
        await OfferAsync(other, listed, "target");
        await source.Eventually(peer => StateAt(peer, taken, "target") == RecipientState.Complete);
        await other.Eventually(peer => StateAt(peer, listed, "target") == RecipientState.Listed);
        Assert.Equal(listed.InfoHash, Assert.Single(target.Engine.GetOffers()).InfoHash);
        Assert.True(File.Exists(_swarm["in/taken.bin"]));
        Assert.False(File.Exists(_swarm["in/listed.bin"]));
    }

    [Fact]
    public async Task What_is_declined_is_not_listed_again_and_its_publisher_is_told()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        var peers = await OfferAsync(source, share, "target");
        await target.Eventually(peer => peer.Engine.GetOffers().Count == 1);

        Assert.Equal("tools.bin", target.Engine.DeclineOffer(share.InfoHash).Name);
        var result = await source.Engine.WaitForRecipientsAsync(share.InfoHash, peers).WaitAsync(Bound);
        Assert.Equal(RecipientState.Declined, Assert.Single(result).State);
        Assert.Equal(ErrorIds.OfferNotTaken, ShareDelivery.Undelivered(share, result)!.ErrorId);
        Assert.Empty(target.Engine.GetOffers());
        Assert.Equal(ErrorIds.OfferNotFound, Assert.Throws<P2PShareException>(() => target.Engine.DeclineOffer(share.InfoHash)).ErrorId);

        await OfferAsync(source, share, "target");
        result = await source.Engine.WaitForRecipientsAsync(share.InfoHash, peers).WaitAsync(Bound);
        Assert.Equal(RecipientState.Declined, Assert.Single(result).State);
    }

    [Fact]
    public async Task A_peer_that_is_away_is_offered_it_when_it_comes_back_even_by_a_publisher_that_was_started_again()
    {
        var hub = await _swarm.StartAsync("hub");
        var source = await _swarm.StartAsync("source", hub);
        var target = await AcceptingAsync("target", hub);
        await source.Eventually(peer => peer.Engine.FindPeers(["target"]).Peers is [{ State: PeerState.Joined }]);
        await target.DisposeAsync();
        await source.Eventually(peer => peer.Engine.GetPeers().Count == 2);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 200_000, 1));
        Assert.Equal(ErrorIds.NoSuchPeer, Assert.Single(source.Engine.FindPeers(["targ*"]).Errors).ErrorId);
        await OfferAsync(source, share, "target");
        Assert.Equal((RecipientState.Undelivered, false), (StateAt(source, share, "target"), source.Engine.GetRecipients(share.InfoHash)[0].IsPresent));
        await source.DisposeAsync();

        source = await _swarm.StartAsync("source", hub);
        await source.Engine.WaitForCatalogueAsync(Bound);
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Undelivered);
        await AcceptingAsync("target", hub);
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Complete);
        Assert.Equal(File.ReadAllBytes(_swarm["tools.bin"]), File.ReadAllBytes(_swarm["in-target/tools.bin"]));
    }

    [Fact]
    public async Task Offers_that_were_listed_survive_a_restart_and_are_taken_when_there_is_a_place_for_them()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        await OfferAsync(source, share, "target");
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Listed);
        await target.DisposeAsync();

        target = await _swarm.StartAsync("target", source);
        await target.Engine.WaitForCatalogueAsync(Bound);
        await target.Eventually(peer => peer.Engine.GetOffers() is [{ OfferedBy: "source" }]);
        await target.DisposeAsync();

        await AcceptingAsync("target", source);
        await source.Eventually(peer => StateAt(peer, share, "target") == RecipientState.Complete);
        Assert.True(File.Exists(_swarm["in-target/tools.bin"]));
    }

    [Fact]
    public async Task A_withdrawn_share_is_offered_to_nobody_any_more()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        var peers = await OfferAsync(source, share, "target");
        await target.Eventually(peer => peer.Engine.GetOffers().Count == 1);
        var waiting = source.Engine.WaitForRecipientsAsync(share.InfoHash, peers);
        await source.Engine.RemoveShareAsync(share.InfoHash);

        await target.Eventually(peer => peer.Engine.GetOffers().Count == 0);
        Assert.Equal(ErrorIds.ShareNotFound, (await Assert.ThrowsAsync<P2PShareException>(() => waiting.WaitAsync(Bound))).ErrorId);
        Assert.Equal(ErrorIds.ShareNotFound, Assert.Throws<P2PShareException>(() => source.Engine.Offer(share.InfoHash, peers)).ErrorId);
    }

    [Fact]
    public async Task A_newer_version_takes_the_place_of_an_older_one_that_waits()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        var old = await source.PublishAsync(_swarm.Write("v1/tools.bin", 1000, 1));
        var peers = await OfferAsync(source, old, "target");
        await target.Eventually(peer => peer.Engine.GetOffers().Count == 1);
        var waiting = source.Engine.WaitForRecipientsAsync(old.InfoHash, peers);
        var newer = await source.PublishAsync(_swarm.Write("v2/tools.bin", 2000, 2));

        await target.Eventually(peer => peer.Engine.GetOffers() is [var offered] && offered.InfoHash == newer.InfoHash);
        await source.Eventually(peer => StateAt(peer, newer, "target") == RecipientState.Listed);
        Assert.Equal((RecipientState.Declined, "a newer version is offered instead"), (await waiting.WaitAsync(Bound)).Select(one => (one.State, one.Detail)).Single());
    }

    [Fact]
    public async Task A_newer_version_replaces_what_was_received_and_nothing_that_was_changed()
    {
        var source = await _swarm.StartAsync("source");
        var target = await AcceptingAsync("target", source);
        _swarm.Write("v1/set/same.bin", 3000, 1);
        _swarm.Write("v1/set/tool.bin", 1000, 2);
        var peers = await OfferAsync(source, await source.PublishAsync(_swarm["v1/set"]), "target");
        await CompleteAsync(source, "set", peers);

        _swarm.Write("v2/set/same.bin", 3000, 1);
        _swarm.Write("v2/set/tool.bin", 2000, 3);
        await OfferAsync(source, await source.PublishAsync(_swarm["v2/set"]), "target");
        await CompleteAsync(source, "set", peers);
        Assert.Equal(File.ReadAllBytes(_swarm["v2/set/tool.bin"]), File.ReadAllBytes(_swarm["in-target/set/tool.bin"]));
        await target.Eventually(peer => peer.Engine.GetTransfers().Count == 1);

        // By a peer that was started again, too; and what somebody has worked on stays.
        await target.DisposeAsync();
        target = await AcceptingAsync("target", source);
        await source.Eventually(peer => peer.Engine.FindPeers(["target"]).Peers is [{ State: PeerState.Joined }]);
        _swarm.Write("v3/set/tool.bin", 2500, 4);
        await OfferAsync(source, await source.PublishAsync(_swarm["v3/set"]), "target");
        await CompleteAsync(source, "set", peers);
        Assert.Equal(File.ReadAllBytes(_swarm["v3/set/tool.bin"]), File.ReadAllBytes(_swarm["in-target/set/tool.bin"]));

        var mine = _swarm.Write("in-target/set/tool.bin", 700, 5);
        _swarm.Write("v4/set/tool.bin", 2600, 6);
        var last = await source.PublishAsync(_swarm["v4/set"]);
        await OfferAsync(source, last, "target");
        var result = await source.Engine.WaitForRecipientsAsync(last.InfoHash, peers).WaitAsync(Bound);
        Assert.Equal(RecipientState.Failed, Assert.Single(result).State);
        Assert.Equal(700, new FileInfo(mine).Length);
        Assert.Equal(last.InfoHash, Assert.Single(target.Engine.GetOffers()).InfoHash);

        // With the obstacle gone the same offer succeeds.
        File.Delete(mine);
        await OfferAsync(source, last, "target");
        await CompleteAsync(source, "set", peers);
    }

    [Fact]
    public async Task A_share_of_another_publisher_never_replaces_a_file_in_place()
    {
        var source = await _swarm.StartAsync("source");
        var other = await _swarm.StartAsync("other", source);
        await AcceptingAsync("target", source);
        _swarm.Write("in-target/tool.bin", 10, 1);
        await other.Eventually(peer => peer.Engine.FindPeers(["target"]).Peers.Count == 1);
        var share = await other.PublishAsync(_swarm.Write("tool.bin", 1000, 2));
        var peers = await OfferAsync(other, share, "target");
        var result = await other.Engine.WaitForRecipientsAsync(share.InfoHash, peers).WaitAsync(Bound);
        Assert.Equal(RecipientState.Failed, Assert.Single(result).State);
        Assert.Contains("tool.bin", result[0].Detail, StringComparison.Ordinal);
        Assert.Equal(10, new FileInfo(_swarm["in-target/tool.bin"]).Length);
    }

    [Fact]
    public async Task A_wait_for_those_that_were_present_does_not_wait_for_one_that_leaves()
    {
        var source = await _swarm.StartAsync("source");
        var stays = await _swarm.StartAsync("stays", source);
        var leaves = await _swarm.StartAsync("leaves", source);
        await source.Eventually(peer => peer.Engine.GetPeers().Count == 3);
        var share = await source.PublishAsync(_swarm.Write("tools.bin", 1000, 1));
        var waiting = source.Engine.WaitForRecipientsAsync(share.InfoHash, source.Engine.FindPeers(["*"]).Peers);
        await stays.ReceiveAsync(share);
        await source.Eventually(peer => peer.Engine.GetRecipients(share.InfoHash, peer.Engine.FindPeers(["stays"]).Peers) is [{ State: RecipientState.Complete }]);
        Assert.False(waiting.IsCompleted);
        await leaves.DisposeAsync();
        Assert.Equal([RecipientState.None, RecipientState.Complete], (await waiting.WaitAsync(Bound)).Select(one => one.State));
    }

    [Fact]
    public async Task A_name_that_stands_for_nobody_is_an_error_of_its_own()
    {
        var source = await _swarm.StartAsync("source");
        var target = await _swarm.StartAsync("target", source);
        await source.Eventually(peer => peer.Engine.GetPeers().Count == 2);
        var found = source.Engine.FindPeers(["nobody", "TARGET", "t*", "source", "x*", target.Engine.PeerId]);
        Assert.Equal("target", Assert.Single(found.Peers).Name);
        Assert.Equal(["nobody", "source", "x*"], found.Errors.Select(error => error.Target));
        Assert.All(found.Errors, error => Assert.Equal(ErrorIds.NoSuchPeer, error.ErrorId));
    }

    [Fact]
    public async Task A_place_for_offers_that_cannot_be_written_is_an_error_at_start()
    {
        var file = _swarm.Write("file", 10, 1);
        var error = await Assert.ThrowsAsync<P2PShareException>(() => _swarm.StartAsync(_swarm.Options("target") with { AcceptPath = Path.Combine(file, "in") }));
        Assert.Equal((ErrorIds.AcceptPathNotWritable, ErrorKind.WriteError), (error.ErrorId, error.Kind));
        error = await Assert.ThrowsAsync<P2PShareException>(() => _swarm.StartAsync(_swarm.Options("target") with { AcceptPath = "in" }));
        Assert.Equal(ErrorIds.AcceptPathNotWritable, error.ErrorId);
        error = await Assert.ThrowsAsync<P2PShareException>(() => _swarm.StartAsync(_swarm.Options("target") with { AcceptFrom = ["source"] }));
        Assert.Equal(ErrorIds.AcceptPathNotWritable, error.ErrorId);
    }

    private static RecipientState StateAt(LivePeer source, ShareInfo share, string name) =>
        source.Engine.GetRecipients(share.InfoHash).FirstOrDefault(recipient => recipient.Name == name)?.State ?? RecipientState.None;

    private static async Task<IReadOnlyList<PeerInfo>> OfferAsync(LivePeer source, ShareInfo share, string to)
    {
        await source.Eventually(peer => peer.Engine.FindPeers([to]).Peers.Count > 0);
        var peers = source.Engine.FindPeers([to]).Peers;
        source.Engine.Offer(share.InfoHash, peers);
        return peers;
    }

    private static async Task CompleteAsync(LivePeer source, string name, IReadOnlyList<PeerInfo> peers)
    {
        var share = Assert.Single(source.Engine.GetShares(new ShareQuery { LiteralNames = [name] }));
        try
        {
            var result = await source.Engine.WaitForRecipientsAsync(share.InfoHash, peers).WaitAsync(Bound);
            Assert.All(result, recipient => Assert.Equal(RecipientState.Complete, recipient.State));
        }
        catch (TimeoutException)
        {
            Assert.Fail(string.Join(", ", source.Engine.GetRecipients(share.InfoHash, peers)) + " " + source.Describe());
        }
    }

    private Task<LivePeer> AcceptingAsync(string name, LivePeer at) => _swarm.StartAsync(_swarm.Options(name, at) with { AcceptPath = _swarm["in-" + name] });

    private sealed class Reports : IProgress<IReadOnlyList<ShareRecipient>>
    {
        private volatile IReadOnlyList<ShareRecipient> _last = [];

        public IReadOnlyList<ShareRecipient> Last => _last;

        public void Report(IReadOnlyList<ShareRecipient> value) => _last = value;
    }
}
