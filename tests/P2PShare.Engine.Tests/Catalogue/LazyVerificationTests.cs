using P2PShare.Engine.Catalogue;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class LazyVerificationTests : ISwarmTrustAnchor, IDisposable
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));

    private readonly TestOwner _owner = new("owner");
    private readonly TestOwner _forger = new("forger");
    private readonly RecordStore _store = new();
    private readonly RecordVerifier _verifier;
    private readonly List<string> _disproved = [];
    private readonly HashSet<string> _strangers = [];
    private int _chains;

    public LazyVerificationTests() => _verifier = new RecordVerifier(_store, this) { Disproved = (from, problem) => _disproved.Add($"{from}: {problem}") };

    public void Dispose()
    {
        _owner.Dispose();
        _forger.Dispose();
    }

    bool ISwarmTrustAnchor.TryValidatePeer(ReadOnlySpan<byte> certificate, NameGrant? grant, out string reason)
    {
        _chains++;
        reason = "was not signed by this swarm";
        return !_strangers.Contains(Convert.ToHexString(certificate));
    }

    [Fact]
    public void What_is_only_passed_on_costs_no_check()
    {
        Assert.True(Take(_owner.Peer(1)));
        Assert.True(Take(_owner.Share(Share, "tools", 1)));
        Assert.Equal(2, _store.Difference(new CatalogueDigest()).Count);
        Assert.Equal(0, _chains);
    }

    [Fact]
    public void A_certificate_is_checked_once_whatever_is_asked_of_its_owner()
    {
        Take(_owner.Peer(1));
        Take(_owner.Share(Share, "tools", 1));
        Take(_owner.Holdings(Share, HoldingState.Complete, 1));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("owner", _store.FindPeer(_owner.Id)!.Details.Name);
            Assert.Single(_store.SharesOf(Share));
            Assert.Equal((_owner.Id, HoldingState.Complete), Assert.Single(_store.HoldersOf(Share)));
        }

        Take(_owner.Peer(2, name: "renamed"));
        Assert.Equal("renamed", _store.FindPeer(_owner.Id)!.Details.Name);
        Assert.Equal(1, _chains);
    }

    [Fact]
    public void A_leaf_that_proved_itself_in_a_handshake_needs_no_chain()
    {
        _verifier.NoteMember(_owner.Leaf);
        Take(_owner.Peer(1));
        Assert.NotNull(_store.FindPeer(_owner.Id));
        Assert.Equal(0, _chains);
    }

    [Fact]
    public void A_forged_peer_record_is_dropped_on_its_first_use_and_told_with_its_sender()
    {
        Assert.True(Take(_owner.Peer(5, _forger), from: "mallory"));
        Assert.Empty(_disproved);
        Assert.Null(_store.FindPeer(_owner.Id));
        Assert.StartsWith("mallory: ", Assert.Single(_disproved), StringComparison.Ordinal);
        Assert.Null(_store.PeekPeer(_owner.Id));
        Assert.Equal(new CatalogueDigest().ToArray(), _store.GetDigest().ToArray());
    }

    [Fact]
    public void A_forged_high_version_does_not_shut_the_genuine_record_out()
    {
        Take(_owner.Peer(MembershipLimits.MaxNumber, _forger));
        Assert.True(Take(_owner.Peer(1)));
        Assert.Single(_disproved);
        Assert.Equal(1, _store.FindPeer(_owner.Id)!.Version);
    }

    [Fact]
    public void A_forged_high_version_does_not_take_the_place_of_the_genuine_record()
    {
        Take(_owner.Peer(1));
        Assert.False(Take(_owner.Peer(MembershipLimits.MaxNumber, _forger), from: "mallory"));
        Assert.StartsWith("mallory: ", Assert.Single(_disproved), StringComparison.Ordinal);
        Assert.Equal(1, _store.FindPeer(_owner.Id)!.Version);
        Assert.False(Take(_owner.Peer(2, _forger)));
        Assert.Equal(1, _store.FindPeer(_owner.Id)!.Version);
    }

    [Fact]
    public void A_replayed_older_record_changes_nothing()
    {
        Take(_owner.Peer(2, name: "new"));
        Assert.False(Take(_owner.Peer(1, name: "old")));
        Assert.Equal("new", _store.FindPeer(_owner.Id)!.Details.Name);
        Assert.Empty(_disproved);
    }

    [Fact]
    public void A_strangers_record_is_signed_by_its_owner_and_still_not_believed()
    {
        _strangers.Add(Convert.ToHexString(_forger.Leaf));
        Take(_forger.Peer(1));
        Take(_forger.Share(Share, "trap", 1));
        Take(_forger.Holdings(Share, HoldingState.Complete, 1));
        Assert.Empty(_store.HoldersOf(Share));
        Assert.Empty(_store.SharesOf(Share));
        Assert.Null(_store.FindPeer(_forger.Id));
        Assert.Contains(_disproved, line => line.Contains("was not signed by this swarm", StringComparison.Ordinal));
        Assert.Empty(_store.Difference(new CatalogueDigest()));
    }

    [Fact]
    public void A_forged_withdrawal_withdraws_nothing()
    {
        Take(_owner.Peer(1));
        Take(_owner.Share(Share, "tools", 1));
        Take(_owner.Share(Share, "tools", 2, _forger, withdrawn: true));
        Assert.False(_store.IsWithdrawn(Share));
        Assert.Single(_store.SharesOf(Share));
        Assert.Single(_disproved);
        Take(_owner.Share(Share, "tools", 2, withdrawn: true));
        Assert.True(_store.IsWithdrawn(Share));
    }

    [Fact]
    public void Forged_holdings_make_nobody_a_holder()
    {
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Complete, 9, _forger));
        Assert.Empty(_store.HoldersOf(Share));
        Assert.Single(_disproved);
        Take(_owner.Holdings(Share, HoldingState.Partial, 1));
        Assert.Equal(HoldingState.Partial, Assert.Single(_store.HoldersOf(Share)).State);
    }

    [Fact]
    public void Holdings_that_grow_are_checked_when_they_are_used_and_those_before_come_back()
    {
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Partial, 1));
        var digest = _store.GetDigest().ToArray();
        Assert.True(Take(_owner.Holdings(Share, HoldingState.Complete, 9, _forger), from: "mallory"));
        Assert.Empty(_disproved);
        Assert.Equal(HoldingState.Complete, Assert.Single(_store.PeekHoldersOf(Share)).State);
        Assert.Equal((_owner.Id, HoldingState.Partial), Assert.Single(_store.HoldersOf(Share)));
        Assert.StartsWith("mallory: ", Assert.Single(_disproved), StringComparison.Ordinal);
        Assert.Equal(HoldingState.Partial, Assert.Single(_store.PeekHoldersOf(Share)).State);
        Assert.Equal(digest, _store.GetDigest().ToArray());
        Assert.True(Take(_owner.Holdings(Share, HoldingState.Complete, 2)));
        Assert.Equal(HoldingState.Complete, Assert.Single(_store.HoldersOf(Share)).State);
        Assert.Single(_disproved);
    }

    [Fact]
    public void What_forged_holdings_add_is_nobodys_and_what_was_there_stays()
    {
        var other = new InfoHash(Hash256.Of("other"u8));
        Func<object>[] uses =
        [
            () => _store.IsHolder(_owner.Id, other),
            () => _store.HoldersOf(other).Count > 0,
            () => _store.HoldingsOf(_owner.Id).Single().Version != 1,
            () => _store.VersionOf(RecordKey.OfHoldings(_owner.Id, 0)) != 1,
        ];
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Partial, 1));
        foreach (var use in uses)
        {
            _disproved.Clear();
            Assert.True(Take(HoldingsPart.Sign(_owner.Id, 0, 9, [new HoldingsItem(Share, HoldingState.Partial), new HoldingsItem(other, HoldingState.Complete)], _forger)));
            Assert.Equal(false, use());
            Assert.Single(_disproved);
            Assert.True(_store.IsHolder(_owner.Id, Share));
            Assert.Empty(_store.PeekHoldersOf(other));
        }
    }

    [Fact]
    public void Holdings_that_take_something_away_are_checked_at_once()
    {
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Complete, 1));
        Assert.False(Take(_owner.Holdings(Share, HoldingState.Partial, 9, _forger)));
        Assert.False(Take(HoldingsPart.Sign(_owner.Id, 0, 9, [], _forger)));
        Assert.False(Take(_owner.Holdings(new InfoHash(Hash256.Of("other"u8)), HoldingState.Complete, 9, _forger)));
        Assert.Equal(3, _disproved.Count);
        Assert.Equal(HoldingState.Complete, Assert.Single(_store.PeekHoldersOf(Share)).State);
    }

    [Fact]
    public void Only_one_version_of_holdings_stands_unchecked_before_another()
    {
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Partial, 1));
        Take(_owner.Holdings(Share, HoldingState.Partial, 2));
        Assert.False(Take(_owner.Holdings(Share, HoldingState.Complete, 9, _forger)));
        Assert.Single(_disproved);
        Assert.True(Take(_owner.Holdings(Share, HoldingState.Complete, 3)));
        Assert.Equal((_owner.Id, HoldingState.Complete), Assert.Single(_store.HoldersOf(Share)));
        Assert.Single(_disproved);
    }

    [Fact]
    public void A_forged_high_version_of_holdings_does_not_shut_the_genuine_ones_out()
    {
        Take(_owner.Peer(1));
        Take(_owner.Holdings(Share, HoldingState.Partial, 1));
        Take(_owner.Holdings(Share, HoldingState.Complete, MembershipLimits.MaxNumber, _forger));
        Assert.True(Take(_owner.Holdings(Share, HoldingState.Complete, 2)));
        Assert.Single(_disproved);
        Assert.Equal(HoldingState.Complete, Assert.Single(_store.HoldersOf(Share)).State);
        Assert.Equal(2, _store.VersionOf(RecordKey.OfHoldings(_owner.Id, 0)));
    }

    [Fact]
    public void Of_many_holders_only_those_that_are_used_are_checked()
    {
        _strangers.Add(Convert.ToHexString(_forger.Leaf));
        foreach (var one in new[] { _owner, _forger })
        {
            Take(one.Peer(1));
            Take(one.Holdings(Share, HoldingState.Partial, 1));
        }

        Assert.Equal(new HashSet<PeerId> { _owner.Id, _forger.Id }, _store.PeekHoldersOf(Share).Select(holder => holder.Peer).ToHashSet());
        Assert.Equal(0, _chains);
        Assert.True(_store.IsHolder(_owner.Id, Share));
        Assert.Equal(1, _chains);
        Assert.False(_store.IsHolder(_forger.Id, Share));
        Assert.False(_store.IsHolder(_owner.Id, new InfoHash(Hash256.Of("other"u8))));
        Assert.Contains(_disproved, line => line.Contains("was not signed by this swarm", StringComparison.Ordinal));
        Assert.Equal(_owner.Id, Assert.Single(_store.PeekHoldersOf(Share)).Peer);
    }

    [Fact]
    public void A_change_of_holdings_is_checked_though_what_it_changes_was_not()
    {
        var other = new InfoHash(Hash256.Of("other"u8));
        Take(_owner.Peer(1));
        var before = _owner.Holdings(Share, HoldingState.Complete, 1);
        Take(before);
        var after = HoldingsPart.Sign(_owner.Id, 0, 2, [new HoldingsItem(Share, HoldingState.Complete), new HoldingsItem(other, HoldingState.Partial)], _owner);
        Assert.True(_verifier.TryAccept(HoldingsDelta.Between(before, after)!.Entry, RecordBelief.Claimed, "hub", out var problem), problem);
        Assert.Equal(_owner.Id, Assert.Single(_store.HoldersOf(other)).Peer);

        var forged = HoldingsPart.Sign(_owner.Id, 0, 3, [], _forger);
        var delta = HoldingsDelta.Between(after, forged);
        Assert.False(_verifier.TryAccept(delta?.Entry ?? forged.Entry, RecordBelief.Claimed, "hub", out _));
        Assert.Single(_store.HoldersOf(Share));
    }

    [Fact]
    public void Versions_told_to_an_owner_are_its_own()
    {
        Take(_owner.Peer(1));
        Take(_owner.Share(Share, "tools", 3));
        Take(_owner.Share(new InfoHash(Hash256.Of("x"u8)), "x", 1_000_000, _forger));
        Take(_owner.Holdings(Share, HoldingState.Complete, 1_000_000, _forger));
        Assert.Equal(3, _store.HighestShareVersion(_owner.Id));
        Assert.Empty(_store.HoldingsOf(_owner.Id));
        Assert.Equal(0, _store.VersionOf(RecordKey.OfHoldings(_owner.Id, 0)));
        Assert.Equal(0, _chains);
    }

    [Fact]
    public void What_a_member_brings_is_checked_before_it_is_passed_on()
    {
        Assert.False(_verifier.TryAccept(_owner.Peer(1, _forger).Entry, RecordBelief.Signed, "member", out var problem));
        Assert.Contains("is not signed by its owner", problem, StringComparison.Ordinal);
        Assert.True(_verifier.TryAccept(_owner.Peer(1).Entry, RecordBelief.Signed, "member", out problem));
        Assert.Null(problem);
        Assert.Equal(0, _chains);
        Assert.False(_verifier.TryAccept(_owner.Peer(1).Entry, RecordBelief.Signed, "member", out problem));
        Assert.Null(problem);
    }

    private bool Take(SignedRecord record, string from = "hub")
    {
        var isNews = _verifier.TryAccept(record.Entry, RecordBelief.Claimed, from, out var problem);
        Assert.Null(problem);
        return isNews;
    }
}
