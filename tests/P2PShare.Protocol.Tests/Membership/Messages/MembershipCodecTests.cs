using System.Net;
using System.Text;
using FsCheck.Xunit;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Tests.Wire;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Tests.Membership.Messages;

public sealed class MembershipCodecTests
{
    private static readonly BootNonce Nonce = new("0123456789abcdef"u8);
    private static readonly IPEndPoint Address = IPEndPoint.Parse("192.0.2.1:5000");
    private static readonly IPEndPoint Address6 = IPEndPoint.Parse("[2001:db8::1]:5000");
    private static readonly PeerId Alice = TestPeer.Alice.Id;
    private static readonly PeerId Bob = TestPeer.Bob.Id;

    public static TheoryData<MembershipMessage> Samples()
    {
        var digest = new CatalogueDigest();
        digest.Add(RecordKey.OfPeer(Alice), 5);
        var record = TestPeer.Alice.Record();
        var share = TestPeer.Alice.ShareRecord(1);
        RosterEntry[] roster = [new(Alice, 1, true, true), new(Bob, 2, false, false)];
        return
        [
            new Hello { Software = "P2PShare 0.1", Nonce = Nonce, ListenPort = 5000, Observed = Address },
            new Hello { Software = "", Nonce = default, ListenPort = 0, ProtocolVersion = 9 },
            new Welcome { Software = "P2PShare 0.1", Nonce = Nonce, ListenPort = 65535, Observed = Address6, UnixTimeMilliseconds = 1_780_000_000_000 },
            new Refused(RefusalReason.DuplicateIdentity, "a cloned machine"),
            new Goodbye(GoodbyeReason.ShuttingDown),
            new OpenChannel(uint.MaxValue, TestPeer.Share(1)),
            new ChannelOpened(1),
            new OpenChannel(3, TestPeer.Share(1), ChannelExtras.Info | ChannelExtras.Interest),
            new ChannelOpened(3, ChannelExtras.PieceLayers),
            new ChannelRejected(2, ChannelReason.NotOffered, "no"),
            new CloseChannel(3, ChannelReason.Done),
            new CallMeBack { Target = Bob, Caller = Alice, Addresses = [Address, Address6], Token = 77 },
            new Join { Term = 3, Entry = record.Entry, Digest = digest },
            new Joined { Term = 3, Coordinator = Alice, JoinNumber = 12, Digest = digest, PeerVersion = 1, ShareVersion = 2, Holdings = [new(0, 3), new(uint.MaxValue, 4)] },
            new SwarmStatus { Coordinator = Bob, Addresses = [Address], Term = 4, Members = 200 },
            new SnapshotPage { Term = 3, Sequence = 0, Page = 2, IsLast = true, Entries = [record.Entry, share.Entry], Roster = roster },
            new SnapshotPage { Term = 3, Sequence = 9, Page = 0, IsLast = false },
            new Update { Term = 3, Sequence = 1, Entries = [share.Entry], Roster = roster },
            new Publish([record.Entry]),
            new Leave(),
            new Ping(5, 1_780_000_000_000),
            new Pong(5, 1_780_000_000_001),
            new Offer([new(TestPeer.Share(1), "disc.iso"), new(TestPeer.Share(2), "tööls")]),
            new OfferAnswer([new(new(TestPeer.Share(1), "disc.iso"), OfferOutcome.Accepted), new(new(TestPeer.Share(2), "x"), OfferOutcome.Declined, "not here")]),
            new ProgressSubscribe(TestPeer.Share(1), 10),
            new ProgressSubscribe(TestPeer.Share(2), 0),
            new Progress { InfoHash = TestPeer.Share(1), Items = [], IsFirst = true, IsLast = true },
            new Progress { InfoHash = TestPeer.Share(1), Items = ProgressOf(Bob, Alice) },
            new Hello { Software = "P2PShare 0.1", Nonce = Nonce, ListenPort = 5000, IsProbe = true },
            new Join { Term = 3, Members = 100, Entry = record.Entry, Digest = digest },
            new SwarmStatus { Coordinator = Bob, Addresses = [], Term = 5, Members = 199, Sequence = 12, TookOver = Alice, IsUnfit = true, IsUnlisted = true },
            new TakeOver(Alice, 5),
            new ConfirmCoordinator(Alice, 4, CoordinatorFinding.Lost),
            Relay.Wrap(Alice, Bob, new Join { Term = 3, Entry = record.Entry, Digest = digest }),
            new Unreachable(Bob),
            new DialBack(7),
            new DialBackAnswer { Token = 7, UnixTimeMilliseconds = 1_780_000_000_002, Reached = [Address], Missed = [Address6] },
            new DialBackAnswer { Token = 7, UnixTimeMilliseconds = 1_780_000_000_002, IsBusy = true },
        ];
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Reads_every_message_it_wrote(MembershipMessage message)
    {
        var payload = MembershipCodec.Encode(message);
        Assert.True(MembershipCodec.TryDecode(message.Type, payload, out var read));
        Assert.IsType(message.GetType(), read);
        Assert.Equal(payload, MembershipCodec.Encode(read));
        Assert.Equal(Describe(message), Describe(read));
    }

    [Fact]
    public void Every_message_of_this_version_has_a_sample_and_a_number()
    {
        var types = Samples().Cast<object[]>().Select(row => ((MembershipMessage)row[0]).Type).Distinct().Order();
        Assert.Equal([.. Enumerable.Range(0, 25), 28, 36, 37], types.Select(type => (int)type));
    }

    [Fact]
    public void A_frame_is_channel_0_length_type_and_dictionary()
    {
        var frame = MembershipCodec.EncodeFrame(new ChannelOpened(3));
        Assert.Equal(new FrameHeader(0, frame.Length - 8), FrameHeader.Read(frame));
        Assert.Equal((byte)MembershipMessageType.ChannelOpened, frame[8]);
        Assert.Equal("d7:channeli3ee", Encoding.ASCII.GetString(frame, 9, frame.Length - 9));
    }

    [Fact]
    public void Passes_over_types_of_later_versions()
    {
        Assert.False(MembershipCodec.TryDecode((MembershipMessageType)199, "de"u8, out _));
        Assert.False(MembershipCodec.TryDecode((MembershipMessageType)200, "nonsense"u8, out _));
    }

    [Fact]
    public void Passes_over_keys_of_later_versions()
    {
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.ChannelOpened, "d5:aheadl1:xe7:channeli9e5:laterdee"u8, out var message));
        Assert.Equal(new ChannelOpened(9), message);
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.ChannelOpened, "d7:channeli9e7:followsi49ee"u8, out var unknownBits));
        Assert.Equal(new ChannelOpened(9, ChannelExtras.Info), unknownBits);
    }

    [Fact]
    public void Reasons_of_later_versions_are_other()
    {
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.Refused, "d6:reasoni99e4:text3:newe"u8, out var message));
        Assert.Equal(new Refused(RefusalReason.Other, "new"), message);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Refuses_a_message_that_lacks_a_key_or_has_a_value_of_another_type(MembershipMessage message)
    {
        // Without it the message means the same: it is not sent, or has a default.
        string[] optional = ["observed", "text", "first", "last", "entries", "roster", "probe", "brings", "sequence", "took-over", "unfit", "unlisted", "busy", "wish", "follows"];
        var text = Encoding.Latin1.GetString(MembershipCodec.Encode(message));
        foreach (var key in KeysOf(message))
        {
            var field = $"{key.Length}:{key}";
            Assert.Contains(field, text, StringComparison.Ordinal);
            var other = char.ToString((char)(key[^1] + 1));
            var renamed = Encoding.Latin1.GetBytes(text.Replace(field, field[..^1] + other, StringComparison.Ordinal));
            if (!optional.Contains(key))
                Assert.Equal(MembershipErrorKind.MissingKey, Assert.Throws<MembershipException>(() => Decode(message.Type, renamed)).Kind);
            var mistyped = Encoding.Latin1.GetBytes($"d{field}dee");
            var lone = Assert.Throws<MembershipException>(() => Decode(message.Type, mistyped));
            Assert.True(lone.Kind is MembershipErrorKind.InvalidValue or MembershipErrorKind.MissingKey);
        }
    }

    [Theory]
    [InlineData(MembershipMessageType.Leave, "", MembershipErrorKind.Malformed)]
    [InlineData(MembershipMessageType.Leave, "i1e", MembershipErrorKind.Malformed)]
    [InlineData(MembershipMessageType.Leave, "de.", MembershipErrorKind.Malformed)]
    [InlineData(MembershipMessageType.Leave, "d1:bi1e1:ai1ee", MembershipErrorKind.Malformed)]
    [InlineData(MembershipMessageType.ChannelOpened, "d7:channeli0ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.ChannelOpened, "d7:channeli4294967296ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.ChannelOpened, "d7:channel1:1e", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.ChannelOpened, "d7:channeli1e7:followsi-1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.OpenChannel, "d7:channeli1e9:info-hash3:abce", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Ping, "d4:timei-1e5:tokeni1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Ping, "d4:timei9007199254740992e5:tokeni1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Goodbye, "d6:reasoni-1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Goodbye, "d6:reasoni1e4:text2:\u00ff\u00fee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Hello, "d5:nonce16:01234567890123458:observed4:here4:porti1e8:protocoli1e8:software1:xe", MembershipErrorKind.InvalidAddress)]
    [InlineData(MembershipMessageType.Hello, "d5:nonce15:0123456789012344:porti1e8:protocoli1e8:software1:xe", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Hello, "d5:nonce16:01234567890123454:porti65536e8:protocoli1e8:software1:xe", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Hello, "d5:nonce16:01234567890123454:porti1e8:protocoli0e8:software1:xe", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.TakeOver, "d8:previous32:0123456789abcdef0123456789abcdef4:termi1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.TakeOver, "d8:previous3:abc4:termi2ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.ConfirmCoordinator, "d11:coordinator32:0123456789abcdef0123456789abcdef7:findingi256e4:termi1ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.ConfirmCoordinator, "d11:coordinator32:0123456789abcdef0123456789abcdef7:findingi1e4:termi0ee", MembershipErrorKind.InvalidValue)]
    [InlineData(MembershipMessageType.Publish, "d7:entriesldeee", MembershipErrorKind.MissingKey)]
    public void Refuses_values_out_of_range(MembershipMessageType type, string payload, MembershipErrorKind kind) =>
        Assert.Equal(kind, Assert.Throws<MembershipException>(() => Decode(type, Encoding.Latin1.GetBytes(payload))).Kind);

    [Fact]
    public void Refuses_lists_and_messages_beyond_their_limits()
    {
        var addresses = string.Concat(Enumerable.Repeat("14:192.0.2.1:5000", 33));
        var call = Encoding.ASCII.GetBytes($"d9:addressesl{addresses}ee");
        Assert.Equal(MembershipErrorKind.MissingKey, Assert.Throws<MembershipException>(() => Decode(MembershipMessageType.CallMeBack, "d9:addresseslee"u8.ToArray())).Kind);
        Assert.Equal(MembershipErrorKind.TooMany, Assert.Throws<MembershipException>(() => Decode(MembershipMessageType.CallMeBack, call)).Kind);

        var page = new byte[MembershipLimits.MaxPage + 1];
        Assert.Equal(MembershipErrorKind.TooLong, Assert.Throws<MembershipException>(() => Decode(MembershipMessageType.SnapshotPage, page)).Kind);
        Assert.Equal(MembershipErrorKind.TooLong, Assert.Throws<MembershipException>(() => Decode(MembershipMessageType.Update, new byte[MembershipLimits.MaxPayload + 1])).Kind);
    }

    [Fact]
    public void Does_not_write_what_nobody_would_read()
    {
        Assert.Throws<ArgumentException>(() => MembershipCodec.Encode(new Hello { Software = new string('x', 65), Nonce = Nonce, ListenPort = 1 }));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new Hello { Software = "x", Nonce = Nonce, ListenPort = 65536 }));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new ChannelOpened(0)));
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(new Ping(-1, 0)));
        var tooMany = new CallMeBack { Target = Bob, Caller = Alice, Addresses = [.. Enumerable.Repeat(Address, 33)], Token = 1 };
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(tooMany));
        var tooLong = new Publish([.. Enumerable.Repeat(TestPeer.Alice.Record().Entry, 2000)]);
        Assert.ThrowsAny<ArgumentException>(() => MembershipCodec.Encode(tooLong));
    }

    [Fact]
    public void A_relayed_message_comes_out_as_it_went_in()
    {
        var update = new Update { Term = 3, Sequence = 4, Entries = [TestPeer.Alice.Record().Entry] };
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.Relay, MembershipCodec.Encode(Relay.Wrap(Alice, Bob, update)), out var read));
        var relay = Assert.IsType<Relay>(read);
        Assert.True(relay.TryUnwrap(out var inner));
        Assert.Equal(MembershipCodec.Encode(update), MembershipCodec.Encode(inner));
    }

    [Fact]
    public void Relays_neither_what_is_about_one_link_nor_relays()
    {
        Assert.Throws<ArgumentException>(() => Relay.Wrap(Alice, Bob, new Goodbye(GoodbyeReason.Other)));
        Assert.Throws<ArgumentException>(() => Relay.Wrap(Alice, Bob, Relay.Wrap(Alice, Bob, new Leave())));
        var smuggled = Relay.Wrap(Alice, Bob, new Leave()) with { InnerType = MembershipMessageType.Relay };
        Assert.False(smuggled.TryUnwrap(out _));
        var malformed = Relay.Wrap(Alice, Bob, new Leave()) with { InnerType = MembershipMessageType.Join };
        Assert.Throws<MembershipException>(() => malformed.TryUnwrap(out _));
    }

    [Property]
    public void Cuts_text_for_people_instead_of_refusing_it(string? text)
    {
        var long1 = string.Concat(Enumerable.Repeat((text ?? "") + "ä€", 200));
        Assert.True(MembershipCodec.TryDecode(MembershipMessageType.Goodbye, MembershipCodec.Encode(new Goodbye(GoodbyeReason.Other, long1)), out var read));
        var cut = Assert.IsType<Goodbye>(read).Text;
        Assert.InRange(Encoding.UTF8.GetByteCount(cut), 509, 512);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Survives_hostile_bytes(MembershipMessage message)
    {
        var inputs = Mutator.Mutations(MembershipCodec.Encode(message), seed: (int)message.Type, count: 600)
            .Concat(Mutator.Noise(seed: 100 + (int)message.Type, count: 50));
        Assert.True(Mutator.CountRefused(inputs, bytes => MembershipCodec.TryDecode(message.Type, bytes, out _)) > 50);
    }

    private static ProgressItem[] ProgressOf(PeerId receiving, PeerId suspended) =>
        [new(receiving, ProgressState.Receiving, 4_211, ProgressItem.MaxRate), new(suspended, ProgressState.Suspended, ProgressItem.Whole, 0)];

    private static void Decode(MembershipMessageType type, byte[] payload) => MembershipCodec.TryDecode(type, payload, out _);

    private static List<string> KeysOf(MembershipMessage message)
    {
        var keys = new List<string>();
        var reader = new Protocol.Bencoding.BencodeReader(MembershipCodec.Encode(message));
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            keys.Add(Encoding.ASCII.GetString(key));
            reader.Skip();
        }

        return keys;
    }

    // Lists, entries and digests compare by reference: they are written out, and the encoding compared beside.
    private static string Describe(MembershipMessage message) => message switch
    {
        CallMeBack call => $"{call with { Addresses = [] }} {string.Join(' ', call.Addresses)}",
        SwarmStatus status => $"{status with { Addresses = [] }} {string.Join(' ', status.Addresses)}",
        Relay relay => $"{relay with { Inner = default }} {Convert.ToHexString(relay.Inner.Span)}",
        Joined joined => $"{joined with { Holdings = [] }} {string.Join(' ', joined.Holdings)}",
        SnapshotPage page => $"{page with { Entries = [], Roster = [] }} {page.Entries.Count} {string.Join(' ', page.Roster)}",
        Update update => $"{update with { Entries = [], Roster = [] }} {update.Entries.Count} {string.Join(' ', update.Roster)}",
        Publish publish => $"{publish.Entries.Count}",
        DialBackAnswer answer => $"{answer with { Reached = [], Missed = [] }} {string.Join(' ', answer.Reached)} {string.Join(' ', answer.Missed)}",
        Offer offer => string.Join(' ', offer.Shares),
        OfferAnswer answer => string.Join(' ', answer.Replies),
        Progress progress => $"{progress with { Items = [] }} {string.Join(' ', progress.Items.OrderBy(item => item.Peer))}",
        _ => message.ToString(),
    };
}
