using System.Net;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership;

public sealed class SwarmMembershipTests : IAsyncLifetime
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));

    private readonly MemoryNetwork _network = new();
    private readonly List<TestMember> _members = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_without_addresses_knows_that_it_is_alone()
    {
        var a = Add("a").Start();
        await a.Membership.CatalogueReady.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(PeerState.Joined, a.Membership.View.State);
        Assert.Equal(a.Id, a.Membership.View.Coordinator);
    }

    [Fact]
    public async Task Peers_that_know_one_address_all_follow_one_coordinator()
    {
        var first = Add("p0").Start();
        for (var i = 1; i < 6; i++) Add("p" + i).Start(first.At);
        await AllAgree(6);
    }

    [Fact]
    public async Task Two_peers_that_dial_each_other_at_once_become_one_swarm()
    {
        var a = Add("a");
        var b = Add("b");
        a.Start(b.At);
        b.Start(a.At);
        await AllAgree(2);
        Assert.Equal(a.Id < b.Id ? a.Id : b.Id, a.Membership.View.Coordinator);
    }

    [Fact]
    public async Task A_chain_of_addresses_is_enough_to_find_everybody()
    {
        var previous = Add("p0").Start();
        for (var i = 1; i < 6; i++) previous = Add("p" + i).Start(previous.At);
        await AllAgree(6);
    }

    [Fact]
    public async Task A_peer_that_leaves_is_gone_from_every_roster()
    {
        var first = Add("p0").Start();
        for (var i = 1; i < 4; i++) Add("p" + i).Start(first.At);
        await AllAgree(4);
        var leaver = _members.Last(member => member.Id != first.Membership.View.Coordinator);
        _members.Remove(leaver);
        await leaver.DisposeAsync();
        await AllAgree(3);
    }

    [Fact]
    public async Task A_share_and_its_holders_are_known_to_all()
    {
        var first = Add("p0").Start();
        for (var i = 1; i < 4; i++) Add("p" + i).Start(first.At);
        await AllAgree(4);
        var publisher = _members[2];
        await Publish(publisher, "tools");
        await Eventually.Holds(() => _members.TrueForAll(member => member.Store.SharesOf(Share).Count == 1), Describe);
        await Eventually.Holds(() => _members.TrueForAll(member => member == publisher || member.Membership.HoldersOf(Share).Contains(publisher.Id)), Describe);
    }

    [Fact]
    public async Task An_address_given_later_is_dialled_at_once()
    {
        var first = Add("first").Start();
        // Its clock stands still: nothing that it does waited for a turn.
        var second = Add("second", new FakeTimeProvider()).Start();
        await second.Membership.CatalogueReady;
        second.Membership.Connect([first.At]);
        await Eventually.Holds(() => second.Transport.FindLink(first.Id) is not null, Describe);
    }

    [Fact]
    public async Task Whoever_joins_later_is_told_what_was_before_and_brings_what_it_has()
    {
        var first = Add("p0").Start();
        await first.Membership.CatalogueReady;
        await Publish(first, "old");
        var second = Add("p1");
        second.Start();
        await second.Membership.CatalogueReady;
        await Publish(second, "brought");
        second.Membership.Connect([first.At]);
        await AllAgree(2);
        await Eventually.Holds(() => _members.TrueForAll(member => member.Store.SharesOf(Share).Count == 2), Describe);
        await Eventually.Holds(() => _members.TrueForAll(member => member.Store.HoldersOf(Share).Count == 2), Describe);
    }

    [Fact]
    public async Task Who_becomes_coordinator_by_joining_has_the_catalogue_before_it_says_so()
    {
        var old = Add("old").Start();
        await old.Membership.CatalogueReady;
        for (var i = 0; i < 500; i++) await Publish(old, "share " + i);
        // Of two that are alone the lower id stays: the newcomer, who knows nothing yet.
        TestMember fresh;
        while ((fresh = Add("fresh")).Id > old.Id) await RemoveAsync(fresh);
        fresh.Start(old.At);
        var third = Add("third").Start(old.At);

        await fresh.Membership.CatalogueReady.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(500, fresh.Store.SharesOf(Share).Count);
        await third.Membership.CatalogueReady.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(500, third.Store.SharesOf(Share).Count);
        await AllAgree(3);
    }

    [Fact]
    public async Task When_the_coordinator_dies_the_others_find_each_other_again()
    {
        var first = Add("p0").Start();
        for (var i = 1; i < 5; i++) Add("p" + i).Start(first.At);
        await AllAgree(5);
        var coordinator = _members.Single(member => member.Id == first.Membership.View.Coordinator);
        _members.Remove(coordinator);
        await coordinator.DisposeAsync();
        await AllAgree(4);
    }

    [Fact]
    public async Task An_owner_that_lost_its_state_jumps_past_what_the_swarm_remembers()
    {
        var first = Add("p0").Start();
        var second = Add("p1").Start(first.At);
        await AllAgree(2);
        await Publish(second, "tools");
        await Eventually.Holds(() => first.Store.HoldersOf(Share).Count == 1, Describe);
        var before = first.Store.HoldingsOf(second.Id).Single().Version;
        _members.Remove(second);
        await second.DisposeAsync();
        var again = new TestMember(_network, "p1", second.Address, key: second.Key);
        _members.Add(again);
        again.Start(first.At);
        await AllAgree(2);
        await Eventually.Holds(() => first.Store.HoldersOf(Share).Count == 0, Describe);
        Assert.True(first.Store.HoldingsOf(again.Id).Single().Version > before);
    }

    [Fact]
    public async Task What_is_lost_with_a_link_that_another_replaces_is_told_again()
    {
        var coordinator = Add("coordinator");
        LosingTap? tap = null;
        coordinator.Tap = events => tap = new LosingTap(events, MembershipMessageType.Publish);
        coordinator.Start();
        // Of two that are alone the lower id stays, and of two links the one that the lower id dialled.
        TestMember member;
        while ((member = Add("member")).Id < coordinator.Id) await RemoveAsync(member);
        member.Start(coordinator.At);
        await AllAgree(2);

        tap!.Loses = true;
        await Publish(member, "tools");
        await Eventually.Holds(() => tap.Lost > 0, Describe);
        tap.Loses = false;
        Assert.Empty(coordinator.Store.SharesOf(Share));
        var first = member.Transport.FindLink(coordinator.Id);
        await coordinator.Transport.DialAsync(new DnsEndPoint(member.Address.ToString(), TestMember.Port), member.Id, default);

        await Eventually.Holds(() => first!.IsClosed, Describe);
        await Eventually.Holds(() => coordinator.Store.SharesOf(Share).Count == 1 && coordinator.Store.HoldersOf(Share).Count == 1, Describe);
    }

    [Fact]
    public async Task A_join_that_went_over_a_relay_goes_over_the_direct_link_as_soon_as_there_is_one()
    {
        var time = new FakeTimeProvider();
        try
        {
            var coordinator = Add("coordinator", time);
            LosingTap? tap = null;
            coordinator.Tap = events => tap = new LosingTap(events, MembershipMessageType.Relay) { Loses = true };
            coordinator.Start();
            TestMember relay;
            while ((relay = Add("relay", time)).Id < coordinator.Id) await RemoveAsync(relay);
            relay.Start(coordinator.At);
            await InTime(() => _members.TrueForAll(member => member.Membership.View.Present.Count == 2));

            var newcomer = Add("newcomer", time);
            _network.Block(newcomer.Address, coordinator.Address);
            _network.Block(coordinator.Address, newcomer.Address);
            newcomer.Start(relay.At);
            // The join is lost as one is that comes over a relay just when there is a direct link at the coordinator's end.
            await InTime(() => tap!.Lost > 0);
            _network.UnblockAll();
            await coordinator.Transport.DialAsync(new DnsEndPoint(newcomer.Address.ToString(), TestMember.Port), newcomer.Id, default);

            // The clock stands still: no attempt is given up and begun again.
            await Eventually.Holds(() => newcomer.Membership.View.Coordinator == coordinator.Id, Describe);
        }
        finally
        {
            // A goodbye takes time.
            var ended = Task.WhenAll(_members.Select(member => member.DisposeAsync().AsTask()));
            await InTime(() => ended.IsCompleted);
            _members.Clear();
        }

        Task InTime(Func<bool> condition) => Eventually.Holds(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return condition();
            },
            Describe);
    }

    private TestMember Add(string name, TimeProvider? time = null)
    {
        var member = new TestMember(_network, name, IPAddress.Parse("192.0.2." + (_members.Count + 1)), time: time);
        _members.Add(member);
        return member;
    }

    private async Task RemoveAsync(TestMember member)
    {
        _members.Remove(member);
        await member.DisposeAsync();
    }

    private static async Task Publish(TestMember publisher, string name)
    {
        var details = new ShareDetails { Publisher = publisher.Id, InfoHash = Share, Name = name, TotalLength = 1, FileCount = 1 };
        await publisher.Membership.PublishShareAsync(details, publisher);
        publisher.Membership.SetHolding(Share, HoldingState.Complete);
    }

    private string Describe() => string.Join("; ", _members.Select(member => $"{member.Membership.NameOf(member.Id)}: {member.Membership.View.State}, {member.Membership.View.Present.Count} present, follows {member.Membership.NameOf(member.Membership.View.Coordinator)}, log {string.Join(',', member.Log)}"));

    private Task AllAgree(int count) => Eventually.Holds(
        () => _members.Select(member => member.Membership.View.Coordinator).Distinct().Count() == 1
            && _members.TrueForAll(member => member.Membership.View.Present.Count == count && member.Membership.View.State == PeerState.Joined),
        Describe);
}
