using System.Net;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Tests.Membership;

public sealed class SuccessionTests : IAsyncLifetime
{
    private static readonly TransportOptions Quick = new() { HeartbeatInterval = TimeSpan.FromSeconds(10), ConnectTimeout = TimeSpan.FromSeconds(1) };

    private readonly MemoryNetwork _network = new();
    private readonly List<TestMember> _members = [];
    private int _lastHost;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
    }

    [Fact]
    public async Task The_two_most_senior_who_can_be_dialled_are_the_deputies_and_all_know_it()
    {
        await Form(5);
        var coordinator = Coordinator();
        await Eventually.Holds(() => _members.TrueForAll(member => member.Membership.View.Deputies.SequenceEqual(coordinator.Membership.View.Deputies)), Describe);
        Assert.DoesNotContain(coordinator.Id, coordinator.Membership.View.Deputies);
        Assert.Equal(PeerRole.Coordinator, _members[0].Membership.View.RoleOf(coordinator.Id));
        Assert.All(coordinator.Membership.View.Deputies, deputy => Assert.Equal(PeerRole.Deputy, _members[0].Membership.View.RoleOf(deputy)));
        // Everybody is connected with the first deputy, so that it can ask and be heard at once.
        var first = Member(coordinator.Membership.View.Deputies[0]);
        await Eventually.Holds(() => _members.TrueForAll(member => member == first || first.Transport.FindLink(member.Id) is not null), Describe);
    }

    [Fact]
    public async Task Who_cannot_be_dialled_or_may_not_coordinate_is_no_deputy()
    {
        var first = Add().Start();
        await first.Membership.CatalogueReady;
        Add().Start(first.At);
        await AllAgree(2);
        var closed = Add();
        _network.RefuseIncoming(closed.Address);
        closed.Start(first.At);
        await AllAgree(3);
        var unfit = Add(PeerRoles.None);
        unfit.Start(first.At);
        await AllAgree(4);
        Add().Start(first.At);
        await AllAgree(5);
        var fit = _members.Where(member => member != closed && member != unfit && member != Coordinator()).Select(member => member.Id).ToHashSet();
        await Eventually.Holds(() => fit.SetEquals(first.Membership.View.Deputies), Describe);
    }

    [Fact]
    public async Task A_peer_whose_role_forbids_it_gives_way_to_the_first_that_may_coordinate()
    {
        var unfit = Add(PeerRoles.None).Start();
        await unfit.Membership.CatalogueReady;
        var other = Add(PeerRoles.None).Start(unfit.At);
        await AllAgree(2);
        var fit = Add().Start(unfit.At);
        await AllAgree(3);
        Assert.Equal(fit.Id, other.Membership.View.Coordinator);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_coordinator_is_gone_the_first_deputy_takes_over(bool saysGoodbye)
    {
        await Form(5);
        var coordinator = Coordinator();
        var deputy = Member(coordinator.Membership.View.Deputies[0]);
        var term = coordinator.Membership.View.Term;
        await Remove(coordinator, saysGoodbye);
        await AllAgree(4);
        Assert.All(_members, member => Assert.Equal(deputy.Id, member.Membership.View.Coordinator));
        Assert.All(_members, member => Assert.Equal(term + 1, member.Membership.View.Term));
        Assert.All(_members, member => Assert.DoesNotContain(member.Log, line => line.StartsWith("isolated", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Of_two_the_deputy_takes_over_without_anybody_to_confirm_it()
    {
        await Form(2);
        var coordinator = Coordinator();
        var term = coordinator.Membership.View.Term;
        await Remove(coordinator, saysGoodbye: false);
        var left = _members.Single();
        await Eventually.Holds(() => left.Membership.View.Coordinator == left.Id && left.Membership.View.Term == term + 1, Describe);
        Assert.Equal(PeerState.Joined, left.Membership.View.State);
    }

    [Fact]
    public async Task A_stale_or_unfounded_claim_is_refused_and_told()
    {
        await Form(3);
        var coordinator = Coordinator();
        var member = _members.First(candidate => candidate != coordinator);
        var term = coordinator.Membership.View.Term;
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(9), RawMember.NewNonce(9));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        await raw.SendAsync(new TakeOver(coordinator.Id, Math.Max(2, term)));
        await raw.SendAsync(new TakeOver(coordinator.Id, term + 5));
        await raw.SendAsync(new TakeOver(coordinator.Id, MembershipLimits.MaxNumber));
        await raw.SendAsync(new SwarmStatus { Coordinator = RawMember.NewId(9), Addresses = [], Term = MembershipLimits.MaxNumber, Members = 1000 });
        await Eventually.Holds(() => member.Log.Count(line => line.StartsWith("claim refused", StringComparison.Ordinal)) >= 3, Describe);
        Assert.Equal(coordinator.Id, member.Membership.View.Coordinator);
        Assert.Equal(term, member.Membership.View.Term);
    }

    private TestMember Add(PeerRoles roles = PeerRoles.MayCoordinate)
    {
        var number = ++_lastHost;
        var member = new TestMember(_network, "p" + number, IPAddress.Parse("192.0.2." + number), options: Quick, roles: roles);
        _members.Add(member);
        return member;
    }

    private async Task Form(int count)
    {
        var first = Add().Start();
        for (var i = 1; i < count; i++) Add().Start(first.At);
        await AllAgree(count);
        // Deputies are known to all, and everybody has the link to the first.
        await Eventually.Holds(
            () => Coordinator().Membership.View.Deputies is { Length: var length } deputies && length == Math.Min(2, count - 1)
                && _members.TrueForAll(member => member.Membership.View.Deputies.SequenceEqual(deputies)
                    && (member.Id == deputies[0] || member.Transport.FindLink(deputies[0]) is not null)),
            Describe);
    }

    private TestMember Coordinator() => Member(_members[0].Membership.View.Coordinator);

    private TestMember Member(PeerId id) => _members.Single(member => member.Id == id);

    private async Task Remove(TestMember member, bool saysGoodbye)
    {
        _members.Remove(member);
        if (saysGoodbye) await member.DisposeAsync();
        else await member.KillAsync();
    }

    private string Describe() => string.Join("\n", _members.Select(member =>
        $"{member.Membership.NameOf(member.Id)}: {member.Membership.View.State}, term {member.Membership.View.Term}, {member.Membership.View.Present.Count} present, follows {member.Membership.NameOf(member.Membership.View.Coordinator)}, deputies {string.Join(' ', member.Membership.View.Deputies.Select(member.Membership.NameOf))}, links {string.Join(' ', member.Transport.Links.Select(link => link.RemoteName))}, log {string.Join(',', member.Log)}"));

    private Task AllAgree(int count) => Eventually.Holds(
        () => _members.Select(member => (member.Membership.View.Coordinator, member.Membership.View.Term)).Distinct().Count() == 1
            && _members.TrueForAll(member => member.Membership.View.Present.Count == count && member.Membership.View.State == PeerState.Joined),
        Describe);
}
