using System.Net;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership.Watching;

public sealed class LostCoordinatorTests
{
    private static readonly InfoHash Share = new(Hash256.Of("share"u8));

    [Fact]
    public async Task Watching_goes_on_under_another_coordinator()
    {
        var network = new MemoryNetwork();
        var members = new List<TestMember>();
        var done = 0;
        for (var i = 0; i < 5; i++)
        {
            var member = new TestMember(network, "p" + i, IPAddress.Parse("192.0.2." + (i + 1)));
            members.Add(member);
            member.Membership.ProgressSource = _ => new ProgressItem(member.Id, ProgressState.Receiving, Volatile.Read(ref done), 1000);
            member.Start(i == 0 ? [] : [members[0].At]);
        }

        await Eventually.Holds(() => members.TrueForAll(member => member.Membership.View.Present.Count == members.Count));
        var coordinator = members.Single(member => member.Id == members[0].Membership.View.Coordinator);
        members.Remove(coordinator);
        using var watch = members[0].Membership.Watch(Share);
        await Eventually.Holds(() => members.TrueForAll(member => watch.Items.ContainsKey(member.Id)));

        await coordinator.DisposeAsync();
        Volatile.Write(ref done, 5000);
        await Eventually.Holds(() => members.TrueForAll(member => watch.Items.TryGetValue(member.Id, out var told) && told.Done == 5000));
        Assert.DoesNotContain(coordinator.Id, watch.Items.Keys);
        foreach (var member in members) await member.DisposeAsync();
    }
}
