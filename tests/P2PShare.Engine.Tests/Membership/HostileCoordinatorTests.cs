using System.Net;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Catalogue;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>A coordinator is believed about who is here, and about nothing that its members say of themselves.</summary>
public sealed class HostileCoordinatorTests : IAsyncLifetime
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));

    private readonly MemoryNetwork _network = new();
    private readonly TestOwner _victim = new("victim");
    private readonly TestOwner _forger = new("forger");
    private TestMember _member = null!;
    private RawMember _coordinator = null!;
    private long _sequence;

    public async Task InitializeAsync()
    {
        _member = new TestMember(_network, "member", IPAddress.Parse("192.0.2.1")).Start();
        var id = RawMember.NewId(1);
        _coordinator = await RawMember.DialAsync(_network, _member, id, RawMember.NewNonce(1));
        await _coordinator.SendAsync(new SwarmStatus { Coordinator = id, Addresses = [], Term = 1, Members = 100 });
        while (await _coordinator.ReadAsync() is not Join) Assert.False(_member.Membership.View.Coordinator == id);
        await _coordinator.SendAsync(new Joined { Coordinator = id, Term = 2, JoinNumber = 7, Digest = new CatalogueDigest(), PeerVersion = 0, ShareVersion = 0, Holdings = [] });
        RosterEntry[] roster = [new(id, 1, IsPresent: true, IsDialable: false), new(_member.Id, 7, IsPresent: true, IsDialable: false), new(_victim.Id, 2, IsPresent: true, IsDialable: true)];
        foreach (var page in SnapshotPager.Snapshot(2, 0, roster, [])) await _coordinator.SendAsync(page);
        await Eventually.Holds(() => _member.Membership.View.Coordinator == id, Describe);
    }

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        await _member.DisposeAsync();
        _victim.Dispose();
        _forger.Dispose();
    }

    [Fact]
    public async Task A_forged_record_gives_nobody_a_name_and_the_genuine_one_is_taken_after_it()
    {
        await SendAsync(_victim.Peer(50, _forger, name: "somebody else"), _victim.Holdings(Share, HoldingState.Complete, 50, _forger));
        await SendAsync(_victim.Peer(1));
        await Eventually.Holds(() => _member.Membership.NameOf(_victim.Id) == "victim", Describe);
        Assert.Empty(_member.Membership.HoldersOf(Share));
        Assert.Contains(_member.Log, line => line.StartsWith("entry refused", StringComparison.Ordinal) && line.Contains("not signed by its owner", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_replayed_record_and_an_update_of_an_old_term_change_nothing()
    {
        await SendAsync(_victim.Peer(5));
        await SendAsync(_victim.Peer(4, name: "old"));
        await _coordinator.SendAsync(new Update { Term = 1, Sequence = _sequence + 1, Entries = [_victim.Peer(6, name: "of an old term").Entry], Roster = [] });
        await SendAsync(_victim.Share(Share, "last", 1));
        await Eventually.Holds(() => _member.Store.SharesOf(Share).Count == 1, Describe);
        Assert.Equal("victim", _member.Membership.NameOf(_victim.Id));
    }

    [Fact]
    public async Task Nobody_tells_a_peer_about_itself()
    {
        var version = _member.Store.FindPeer(_member.Id)!.Version;
        var forged = PeerRecord.Sign(new PeerDetails { Name = "other" }, _member.Store.FindPeer(_member.Id)!.Certificate.Span, MembershipLimits.MaxNumber, _forger);
        await SendAsync(forged, _victim.Peer(1));
        await Eventually.Holds(() => _member.Store.PeekPeer(_victim.Id) is not null, Describe);
        Assert.Equal(version, _member.Store.FindPeer(_member.Id)!.Version);
        Assert.Equal("member", _member.Membership.NameOf(_member.Id));
    }

    private async Task SendAsync(params SignedRecord[] records)
    {
        foreach (var record in records)
            await _coordinator.SendAsync(new Update { Term = 2, Sequence = ++_sequence, Entries = [record.Entry], Roster = [] });
    }

    private string Describe() => $"{_member.Membership.View.State}; {string.Join(',', _member.Log)}";
}
