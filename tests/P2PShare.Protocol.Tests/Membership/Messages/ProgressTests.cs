using System.Text;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Protocol.Tests.Membership.Messages;

public sealed class ProgressTests
{
    private static readonly byte[] Zero = new byte[32];
    private static readonly byte[] One = [.. new byte[31], 1];

    [Fact]
    public void An_item_is_peer_state_hundredths_of_percent_and_rate()
    {
        var read = Read([.. One, 2, 0x27, 0x0F, 0, 0, 1, 0, 0]);
        Assert.Equal(new ProgressItem(new PeerId(new Hash256(One)), ProgressState.Receiving, 9_999, 65_536), Assert.Single(read.Items));
        Assert.False(read.IsFirst);
        Assert.False(read.IsLast);
    }

    [Fact]
    public void A_state_of_a_later_version_is_none() =>
        Assert.Equal(ProgressState.None, Assert.Single(Read([.. One, 6, 0, 0, 0, 0, 0, 0, 0]).Items).State);

    [Fact]
    public void Refuses_items_that_are_not_whole_not_ascending_or_beyond_everything()
    {
        byte[] item = [.. One, 1, 0, 0, 0, 0, 0, 0, 0];
        byte[] before = [.. Zero, 1, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(MembershipErrorKind.InvalidValue, Refused(item[..39]));
        Assert.Equal(MembershipErrorKind.NotSorted, Refused([.. item, .. item]));
        Assert.Equal(MembershipErrorKind.NotSorted, Refused([.. item, .. before]));
        Assert.Equal(MembershipErrorKind.InvalidValue, Refused([.. One, 1, 0x27, 0x11, 0, 0, 0, 0, 0]));
        Assert.Equal(MembershipErrorKind.InvalidValue, Refused(new byte[40 * (MembershipLimits.MaxProgressItems + 1)]));
    }

    [Fact]
    public void Refuses_a_lease_beyond_a_minute()
    {
        var payload = Encoding.Latin1.GetBytes($"d9:info-hash32:{new string('x', 32)}5:leasei61ee");
        Assert.Equal(MembershipErrorKind.InvalidValue, Assert.Throws<MembershipException>(() => ProgressSubscribe.Parse(payload)).Kind);
    }

    [Fact]
    public void A_full_message_stays_below_8_KiB()
    {
        var items = Enumerable.Range(0, MembershipLimits.MaxProgressItems).Select(i => Item((byte)i)).ToArray();
        var message = new Progress { InfoHash = TestPeer.Share(1), Items = items, IsFirst = true, IsLast = true };
        Assert.InRange(MembershipCodec.EncodeFrame(message).Length, 8_000, 8_192);
    }

    [Fact]
    public void Does_not_write_what_nobody_would_read()
    {
        Assert.ThrowsAny<ArgumentException>(() => Write(Item(1), Item(1)));
        Assert.ThrowsAny<ArgumentException>(() => Write(Item(1) with { Done = ProgressItem.Whole + 1 }));
        Assert.ThrowsAny<ArgumentException>(() => Write(Item(1) with { Done = -1 }));
        Assert.ThrowsAny<ArgumentException>(() => Write(Item(1) with { Rate = -1 }));
        Assert.ThrowsAny<ArgumentException>(() => Write(Item(1) with { State = (ProgressState)6 }));
        Assert.ThrowsAny<ArgumentException>(() => Write([.. Enumerable.Range(0, MembershipLimits.MaxProgressItems + 1).Select(i => Item((byte)i))]));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new ProgressSubscribe(TestPeer.Share(1), MembershipLimits.MaxProgressLease + 1)));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new ProgressSubscribe(TestPeer.Share(1), -1)));
    }

    [Fact]
    public void A_rate_beyond_what_can_be_written_is_written_as_the_most() =>
        Assert.Equal(ProgressItem.MaxRate, Assert.Single(Progress.Parse(Write(Item(1) with { Rate = long.MaxValue })).Items).Rate);

    private static ProgressItem Item(byte number) => new(new PeerId(new Hash256([.. new byte[31], number])), ProgressState.Receiving, 1, 1);

    private static byte[] Write(params ProgressItem[] items) => MembershipCodec.Encode(new Progress { InfoHash = TestPeer.Share(1), Items = items });

    private static Progress Read(byte[] items) => Progress.Parse(
        [.. "d9:info-hash32:"u8, .. One, .. "5:items"u8, .. Encoding.ASCII.GetBytes($"{items.Length}:"), .. items, .. "e"u8]);

    private static MembershipErrorKind Refused(byte[] items) => Assert.Throws<MembershipException>(() => Read(items)).Kind;
}
