using FsCheck.Xunit;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Tests.Wire;

namespace P2PShare.Protocol.Tests.Membership.Records;

public sealed class HoldingsTests
{
    private static readonly TestPeer Alice = TestPeer.Alice;

    [Theory]
    [InlineData("1p", "1p", true)]
    [InlineData("1p", "1c", true)]
    [InlineData("1c", "1p", false)]
    [InlineData("1p", "", false)]
    [InlineData("", "1p", true)]
    [InlineData("2p", "1p 2c 3p", true)]
    [InlineData("1p 3c", "1p 2c 4c", false)]
    [InlineData("1p 3c", "1p 2p 3c", true)]
    public void A_part_includes_another_when_it_says_as_much_of_each_share(string older, string newer, bool includes) =>
        Assert.Equal(includes, Part(2, newer).Includes(Part(1, older)));

    [Fact]
    public void A_part_says_the_same_after_its_journey()
    {
        var part = Alice.Holdings(5, (3, HoldingState.Complete), (1, HoldingState.Partial), (2, HoldingState.Complete));
        var read = Assert.IsType<HoldingsPart>(SignedEntry.Parse(part.Entry.Encode()).ToRecord());
        Assert.Equal((Alice.Id, 7u, 5L, 3), (read.Owner, read.Part, read.Version, read.Count));
        Assert.Equal(RecordKey.OfHoldings(Alice.Id, 7), read.Key);
        Assert.Equal(part.Items, read.Items);
        Assert.Equal(read.Items.OrderBy(item => item.InfoHash), read.Items);
        Assert.Equal(HoldingState.Partial, read.StateOf(TestPeer.Share(1)));
        Assert.Equal(HoldingState.Complete, read.StateOf(TestPeer.Share(3)));
        Assert.Equal(HoldingState.None, read.StateOf(TestPeer.Share(4)));
        Assert.True(read.Verify(Alice.Key));
        Assert.False(read.Verify(TestPeer.Bob.Key));
    }

    [Fact]
    public void A_part_cannot_hold_a_share_twice_or_not_at_all_or_too_many()
    {
        Assert.Throws<ArgumentException>(() => Alice.Holdings(1, (1, HoldingState.Partial), (1, HoldingState.Complete)));
        Assert.Throws<ArgumentException>(() => Alice.Holdings(1, (1, HoldingState.None)));
        Assert.Throws<ArgumentException>(() => Alice.Holdings(1, (1, (HoldingState)3)));
        var items = Enumerable.Range(0, 2001).Select(i => (i, HoldingState.Complete)).ToArray();
        Assert.Throws<ArgumentException>(() => Alice.Holdings(1, items));
        Assert.Equal(2000, HoldingsPart.Parse(Alice.Holdings(1, items[1..]).Entry).Count);
    }

    [Property(MaxTest = 60)]
    public void A_delta_leads_from_every_part_to_every_other(byte[] before, byte[] after)
    {
        var old = Alice.Holdings(10, Items(before));
        var next = Alice.Holdings(11, Items(after));
        var delta = HoldingsDelta.Between(old, next);
        if (delta is null) return;
        var read = HoldingsDelta.Parse(SignedEntry.Parse(delta.Entry.Encode()));
        Assert.Equal((10, 11, old.Key), (read.PreviousVersion, read.Version, read.Key));
        Assert.Equal(HoldingsDeltaOutcome.Applied, read.TryApply(old, Alice.Key, out var updated));
        Assert.Equal(next.Entry.Encode(), updated!.Entry.Encode());

        static (int, HoldingState)[] Items(byte[] numbers) =>
            [.. numbers.Select(n => n % 50).Distinct().Concat(Enumerable.Range(100, 60)).Select(n => (n, numbers.Length % 2 == n % 2 ? HoldingState.Partial : HoldingState.Complete))];
    }

    [Fact]
    public void A_delta_adds_changes_and_takes_away()
    {
        var old = Alice.Holdings(1, (1, HoldingState.Partial), (2, HoldingState.Complete), (3, HoldingState.Complete), (5, HoldingState.Complete));
        var next = Alice.Holdings(2, (1, HoldingState.Complete), (3, HoldingState.Complete), (4, HoldingState.Partial), (5, HoldingState.Complete));
        var delta = HoldingsDelta.Between(old, next)!;
        Assert.Equal(3, delta.Count);
        Assert.Equal(
            new[] { new HoldingsItem(TestPeer.Share(1), HoldingState.Complete), new(TestPeer.Share(2), HoldingState.None), new(TestPeer.Share(4), HoldingState.Partial) }.OrderBy(item => item.InfoHash),
            delta.Changes);
        Assert.Equal(HoldingsDeltaOutcome.Applied, delta.TryApply(old, Alice.Key, out var updated));
        Assert.Equal(next.Items, updated!.Items);
    }

    [Fact]
    public void A_missed_delta_is_a_gap_and_an_old_one_changes_nothing()
    {
        var first = Part(1, 1);
        var second = Part(2, 2);
        var third = Part(3, 3);
        var delta = HoldingsDelta.Between(second, third)!;
        Assert.Equal(HoldingsDeltaOutcome.Gap, delta.TryApply(null, Alice.Key, out _));
        Assert.Equal(HoldingsDeltaOutcome.Gap, delta.TryApply(first, Alice.Key, out _));
        Assert.Equal(HoldingsDeltaOutcome.Stale, delta.TryApply(third, Alice.Key, out var none));
        Assert.Null(none);
        Assert.Throws<ArgumentException>(() => { delta.TryApply(TestPeer.Bob.Holdings(2), Alice.Key, out _); });
        Assert.Throws<ArgumentException>(() => HoldingsDelta.Between(third, second));
        Assert.Throws<ArgumentException>(() => HoldingsDelta.Between(TestPeer.Bob.Holdings(1), second));

        static HoldingsPart Part(long version, int count) =>
            Alice.Holdings(version, [.. Enumerable.Range(0, 10 + count).Select(i => (i, HoldingState.Complete))]);
    }

    [Fact]
    public void A_delta_is_null_when_the_part_is_no_longer()
    {
        Assert.Null(HoldingsDelta.Between(null, Alice.Holdings(1, (1, HoldingState.Complete))));
        Assert.Null(HoldingsDelta.Between(Alice.Holdings(1, (1, HoldingState.Complete)), Alice.Holdings(2)));
        var empty = HoldingsDelta.Between(null, Alice.Holdings(1));
        Assert.Equal(HoldingsDeltaOutcome.Applied, empty!.TryApply(null, Alice.Key, out var updated));
        Assert.Equal(0, updated!.Count);
    }

    [Fact]
    public void A_tampered_or_foreign_delta_is_invalid()
    {
        var old = Alice.Holdings(1, (1, HoldingState.Partial), (2, HoldingState.Complete));
        var delta = HoldingsDelta.Between(old, Alice.Holdings(2, (1, HoldingState.Complete), (2, HoldingState.Complete)))!;
        Assert.Equal(HoldingsDeltaOutcome.Invalid, delta.TryApply(old, TestPeer.Bob.Key, out var none));
        Assert.Null(none);

        var body = delta.Entry.Body.ToArray();
        var state = body.AsSpan().IndexOf("5:owner"u8) - 1;
        body[state] = (byte)HoldingState.None;
        var tampered = HoldingsDelta.Parse(new SignedEntry(RecordKind.HoldingsDelta, body, delta.Entry.Signature.ToArray()));
        Assert.Equal(HoldingsDeltaOutcome.Invalid, tampered.TryApply(old, Alice.Key, out _));

        var other = HoldingsDelta.Parse(new SignedEntry(RecordKind.HoldingsDelta, delta.Entry.Body.ToArray(), old.Entry.Signature.ToArray()));
        Assert.Equal(HoldingsDeltaOutcome.Invalid, other.TryApply(old, Alice.Key, out _));
    }

    [Fact]
    public void Refuses_items_that_are_not_canonical()
    {
        var low = TestPeer.Share(1).Value.ToArray();
        var high = TestPeer.Share(2).Value.ToArray();
        if (TestPeer.Share(1) > TestPeer.Share(2)) (low, high) = (high, low);
        byte[] good = [.. low, 1, .. high, 2];
        Assert.Equal(2, HoldingsPart.Parse(Body(RecordKind.Holdings, good)).Count);

        AssertFault(MembershipErrorKind.NotSorted, RecordKind.Holdings, [.. high, 1, .. low, 2]);
        AssertFault(MembershipErrorKind.NotSorted, RecordKind.Holdings, [.. low, 1, .. low, 2]);
        AssertFault(MembershipErrorKind.NotSorted, RecordKind.HoldingsDelta, [.. high, 0, .. low, 2]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.Holdings, [.. low, 0]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.Holdings, [.. low, 3]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.HoldingsDelta, [.. low, 3]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.Holdings, good[..^1]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.Holdings, new byte[33 * 2001]);
        AssertFault(MembershipErrorKind.InvalidValue, RecordKind.HoldingsDelta, good, previous: 9);
    }

    [Fact]
    public void Deltas_survive_hostile_bytes()
    {
        var old = Alice.Holdings(1, (1, HoldingState.Partial), (2, HoldingState.Complete));
        var delta = HoldingsDelta.Between(old, Alice.Holdings(2, (1, HoldingState.Complete), (2, HoldingState.Complete)))!;
        var sample = delta.Entry.Body.ToArray();
        var refused = Mutator.CountRefused(Mutator.Mutations(sample, seed: 5, count: 2000), body =>
        {
            var read = HoldingsDelta.Parse(new SignedEntry(RecordKind.HoldingsDelta, body, delta.Entry.Signature.ToArray()));
            if (read.Owner != old.Owner || read.Part != old.Part) return;
            var outcome = read.TryApply(old, Alice.Key, out var updated);
            // Whatever is believed says exactly what the owner signed.
            if (outcome == HoldingsDeltaOutcome.Applied) Assert.Equal(HoldingState.Complete, updated!.StateOf(TestPeer.Share(1)));
        });
        Assert.True(refused > 500);
    }

    private static HoldingsPart Part(long version, string items) =>
        Alice.Holdings(version, [.. items.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(item => (item[0] - '0', item[1] == 'c' ? HoldingState.Complete : HoldingState.Partial))]);

    private static SignedEntry Body(RecordKind kind, byte[] items, long previous = 8)
    {
        var writer = new BencodeWriter();
        writer.WriteDictionaryStart();
        writer.WriteKey("items"u8);
        writer.WriteByteString(items);
        writer.WriteKey("owner"u8);
        writer.WriteByteString(Alice.Id.Value.ToArray());
        writer.WriteKey("part"u8);
        writer.WriteInteger(0);
        writer.WriteKey("previous"u8);
        writer.WriteInteger(previous);
        writer.WriteKey("version"u8);
        writer.WriteInteger(9);
        writer.WriteEnd();
        return new SignedEntry(kind, writer.ToArray(), new byte[64]);
    }

    private static void AssertFault(MembershipErrorKind kind, RecordKind record, byte[] items, long previous = 8)
    {
        var entry = Body(record, items, previous);
        var fault = Assert.Throws<MembershipException>(() => { _ = record == RecordKind.Holdings ? (object)HoldingsPart.Parse(entry) : HoldingsDelta.Parse(entry); });
        Assert.Equal(kind, fault.Kind);
    }
}
