using System.Net;
using P2PShare.Engine.Tests.Catalogue;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>More records than a link keeps waiting for a peer that does not read.</summary>
public sealed class LargeCatalogueTests : IAsyncLifetime
{
    private readonly MemoryNetwork _network = new();
    private readonly List<TestMember> _members = [];
    private readonly TestOwner _owner = new("owner");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
        _owner.Dispose();
    }

    [Fact]
    public async Task A_newcomer_is_sent_all_of_it_at_once()
    {
        var first = Add("first");
        Fill(first);
        first.Start();
        var second = Add("second").Start(first.At);
        await Eventually.Holds(() => first.Membership.View.Present.Count == 2 && second.Membership.View.Present.Count == 2);
        var newcomer = Add("newcomer").Start(first.At);
        await AgreedWithoutLoss(first, newcomer);
    }

    [Fact]
    public async Task A_newcomer_brings_all_of_it_at_once()
    {
        var first = Add("first").Start();
        var second = Add("second").Start(first.At);
        await Eventually.Holds(() => first.Membership.View.Present.Count == 2 && second.Membership.View.Present.Count == 2);
        var newcomer = Add("newcomer");
        Fill(newcomer);
        newcomer.Start(first.At);
        await AgreedWithoutLoss(first, newcomer);
    }

    private async Task AgreedWithoutLoss(TestMember first, TestMember newcomer)
    {
        await Eventually.Holds(() => first.Membership.View.Present.Count == 3 && newcomer.Membership.View.Present.Count == 3);
        await Eventually.Holds(() => first.Store.GetDigest().IsSameAs(newcomer.Store.GetDigest()));
        Assert.DoesNotContain(_members.SelectMany(member => member.Log), line => line.StartsWith('-') || line.StartsWith("isolated", StringComparison.Ordinal));
    }

    private void Fill(TestMember member)
    {
        var items = Enumerable.Range(0, 2000).Select(i => new HoldingsItem(new InfoHash(Hash256.Of(BitConverter.GetBytes(i))), HoldingState.Complete)).ToList();
        Assert.True(member.Store.Put(_owner.Peer(1)));
        long size = 0;
        for (uint part = 0; size < SendScheduler.MaxControlBytes * 5L / 4; part++)
        {
            var record = HoldingsPart.Sign(_owner.Id, part, 1, items, _owner);
            size += record.Entry.EncodedSize;
            Assert.True(member.Store.Put(record));
        }
    }

    private TestMember Add(string name)
    {
        // A busy machine must not be taken for a silent peer.
        var options = new TransportOptions { HeartbeatInterval = TimeSpan.FromMinutes(1) };
        var member = new TestMember(_network, name, IPAddress.Parse("192.0.2." + (_members.Count + 1)), options: options);
        _members.Add(member);
        return member;
    }
}
