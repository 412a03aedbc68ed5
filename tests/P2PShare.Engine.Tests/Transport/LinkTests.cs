using System.Buffers.Binary;
using System.Net;
using P2PShare.Engine.Tests.Membership;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transport;

public sealed class LinkTests : IAsyncLifetime
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    // Where silence is not what is tested, a busy machine must not cause it.
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(10);

    private readonly MemoryNetwork _network = new();
    private readonly List<TestMember> _members = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var member in _members) await member.DisposeAsync();
    }

    [Fact]
    public async Task Of_two_links_dialled_at_once_one_stays_on_both_sides()
    {
        for (var round = 0; round < 10; round++)
        {
            var a = Add(Beat);
            var b = Add(Beat);
            a.Start();
            b.Start();
            await Task.WhenAll(
                a.Transport.DialAsync(new DnsEndPoint(b.Address.ToString(), TestMember.Port), b.Id, default),
                b.Transport.DialAsync(new DnsEndPoint(a.Address.ToString(), TestMember.Port), a.Id, default));
            await Eventually.Holds(() => a.Transport.Links.Count == 1 && b.Transport.Links.Count == 1, () => $"{a.Transport.Links.Count} and {b.Transport.Links.Count} links; {string.Join(',', a.Log)}");
            var (left, right) = (a.Transport.FindLink(b.Id)!, b.Transport.FindLink(a.Id)!);
            Assert.NotEqual(left.Identity.Dialled, right.Identity.Dialled);
            Assert.False(left.IsClosed || right.IsClosed);
        }
    }

    [Fact]
    public async Task A_second_identity_that_is_the_same_is_refused_while_the_first_answers()
    {
        var member = Add(Beat).Start();
        var id = RawMember.NewId(7);
        await using var first = await RawMember.DialAsync(_network, member, id, RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await first.ReadAsync());
        var answering = AnswerPingsAsync(first);

        await using var second = await RawMember.DialAsync(_network, member, id, RawMember.NewNonce(2));
        var refused = Assert.IsType<Refused>(await second.ReadAsync());
        Assert.Equal(RefusalReason.DuplicateIdentity, refused.Reason);
        Assert.Null(await second.ReadAsync());
        await Eventually.Holds(() => member.Log.Any(line => line.StartsWith("refused", StringComparison.Ordinal) && line.Contains("same identity", StringComparison.Ordinal)));
        Assert.False(member.Transport.FindLink(id)!.IsClosed);
        await first.DisposeAsync();
        await answering;
    }

    [Fact]
    public async Task A_restarted_peer_takes_the_place_of_its_dead_link()
    {
        var member = Add(TimeSpan.FromMinutes(1)).Start();
        var id = RawMember.NewId(7);
        await using var dead = await RawMember.DialAsync(_network, member, id, RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await dead.ReadAsync());
        await using var restarted = await RawMember.DialAsync(_network, member, id, RawMember.NewNonce(2));
        Assert.IsType<Welcome>(await restarted.ReadAsync());
        await Eventually.Holds(() => member.Transport.FindLink(id) is { } link && link.Identity.RemoteNonce == RawMember.NewNonce(2));
        await dead.ReadToEndAsync();
        await Eventually.Holds(() => member.Transport.Links.Count == 1);
    }

    [Theory]
    [InlineData(0u, 0xFFFF_FFFFu)]
    [InlineData(0u, FrameHeader.MaxMessageLength + 1u)]
    [InlineData(1u, 0xFFFF_FFFFu)]
    [InlineData(1u, 0u)]
    public async Task A_message_of_impossible_length_ends_the_link(uint channel, uint length)
    {
        var frame = new byte[64];
        BinaryPrimitives.WriteUInt32BigEndian(frame, channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), length);
        await EndsTheLink(frame);
    }

    [Fact]
    public async Task Garbage_ends_the_link()
    {
        var garbage = new byte[5000];
        new Random(1).NextBytes(garbage);
        await EndsTheLink(garbage);
    }

    [Fact]
    public async Task A_malformed_membership_message_ends_the_link()
    {
        byte[] payload = [(byte)MembershipMessageTypeOf(new Ping(0, 0)), .. "d3:xyz"u8];
        var frame = new byte[FrameHeader.Size + payload.Length];
        new FrameHeader(0, payload.Length).Write(frame);
        payload.CopyTo(frame, FrameHeader.Size);
        await EndsTheLink(frame);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(4u)]
    public async Task A_channel_that_is_not_the_diallers_to_open_ends_the_link(uint channel) =>
        await EndsTheLink(MembershipCodec.EncodeFrame(new OpenChannel(channel, Share)));

    [Fact]
    public async Task A_share_that_is_not_offered_is_rejected_and_the_link_stays()
    {
        var member = Add(Beat).Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        await raw.SendAsync(new OpenChannel(1, Share));
        MembershipMessage? message;
        do message = await raw.ReadAsync();
        while (message is not (null or ChannelRejected));
        Assert.Equal(new ChannelRejected(1, ChannelReason.NotOffered), message);
        Assert.Single(member.Transport.Links);
    }

    [Fact]
    public async Task Who_begins_with_anything_but_a_hello_is_refused()
    {
        var member = Add(Beat).Start();
        var connection = await _network.Host(IPAddress.Parse("192.0.2.200")).ConnectAsync(new DnsEndPoint(member.Address.ToString(), TestMember.Port), default);
        await new PlainAuthenticator(RawMember.NewId(7)).AuthenticateAsClientAsync(connection.Stream, default);
        await connection.Stream.WriteAsync(MembershipCodec.EncodeFrame(new Ping(1, 2)));
        Assert.Equal(0, await connection.Stream.ReadAsync(new byte[1]));
        await Eventually.Holds(() => member.Log.Any(line => line.Contains("instead of a hello", StringComparison.Ordinal)));
        Assert.Empty(member.Transport.Links);
    }

    [Fact]
    public async Task A_link_that_shows_no_sign_of_life_is_given_up_after_three_heartbeats()
    {
        var member = Add(Beat).Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        var link = Assert.Single(member.Transport.Links);
        await raw.ReadToEndAsync();
        Assert.True(raw.KeepAlives >= 2, $"{raw.KeepAlives} keep-alives");
        await link.Ended;
        Assert.Empty(member.Transport.Links);
    }

    [Fact]
    public async Task Any_byte_is_a_sign_of_life()
    {
        var member = Add(TimeSpan.FromMilliseconds(600)).Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        var link = Assert.Single(member.Transport.Links);
        // One byte at a time of a message that never ends: far longer than three heartbeats in all.
        var frame = new byte[8 + 100];
        new FrameHeader(0, 100_000).Write(frame);
        for (var i = 0; i < 30; i++)
        {
            await raw.SendAsync([frame[i]]);
            await Task.Delay(100);
        }

        Assert.False(link.IsClosed);
    }

    [Fact]
    public async Task Who_never_reads_is_disconnected_before_memory_runs_out()
    {
        var member = Add(TimeSpan.FromMinutes(1)).Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        await Eventually.Holds(() => member.Transport.Links.Count == 1);
        var link = member.Transport.Links[0];
        var message = new Goodbye(GoodbyeReason.Other, new string('x', 500));
        var sent = 0L;
        while (!link.IsClosed && sent < 4L * SendScheduler.MaxControlBytes)
        {
            link.Send(message);
            sent += 500;
        }

        Assert.True(link.IsClosed);
        Assert.InRange(sent, SendScheduler.MaxControlBytes / 2, 2L * SendScheduler.MaxControlBytes);
        await link.Ended.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Who_cannot_be_dialled_calls_back()
    {
        var hub = Add(Patient).Start();
        var hidden = Add(Patient);
        _network.RefuseIncoming(hidden.Address);
        hidden.Start(hub.At);
        var caller = Add(Patient).Start(hub.At);
        await Eventually.Holds(() => caller.Membership.View.Present.Count == 3 && hidden.Membership.View.Present.Count == 3);

        var link = await caller.Transport.ConnectAsync(hidden.Id, default).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(hidden.Id, link.Remote);
        Assert.False(link.Identity.Dialled);
        Assert.False(link.IsClosed);
    }

    [Fact]
    public async Task A_channel_carries_messages_and_both_ends_learn_of_its_end()
    {
        var accepted = new EchoHandler();
        var a = Add(Beat).Start();
        var b = Add(Beat);
        b.Accept = (_, share) => share == Share ? accepted : null;
        b.Start(a.At);
        await Eventually.Holds(() => a.Membership.View.Present.Count == 2);
        var opened = new EchoHandler();
        await a.Transport.OpenChannelAsync(b.Id, Share, opened, default);
        opened.Channel!.Send([(byte)MessageId.Unchoke]);
        await Eventually.Holds(() => accepted.Messages.Contains(MessageId.Unchoke));
        opened.Channel.Close("enough");
        await Eventually.Holds(() => accepted.Closed == "enough" && opened.Closed == "enough");
        // The number of a closed channel is not used again, and the share can be opened once more.
        await a.Transport.OpenChannelAsync(b.Id, Share, new EchoHandler(), default);
    }

    [Fact]
    public async Task A_share_asked_for_again_before_the_first_who_asked_has_looked_is_answered()
    {
        var a = Add(Beat).Start();
        var b = Add(Beat);
        b.Accept = (_, _) => new EchoHandler();
        b.Start(a.At);
        await Eventually.Holds(() => a.Membership.View.Present.Count == 2);
        Task? again = null;
        var first = new EchoHandler();
        first.WhenOpened = channel =>
        {
            channel.Close("enough");
            again = a.Transport.OpenChannelAsync(b.Id, Share, new EchoHandler(), default);
        };
        await a.Transport.OpenChannelAsync(b.Id, Share, first, default);
        // Well below the time after which an unanswered question is given up.
        await again!.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_block_that_comes_in_two_parts_is_followed_by_the_end_of_its_batch()
    {
        const int Size = 16 * 1024;
        var handler = new BlockHandler(Size);
        var member = Add(TimeSpan.FromMinutes(1));
        member.Accept = (_, _) => handler;
        member.Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        await raw.SendAsync(new OpenChannel(1, Share));
        var frame = new byte[FrameHeader.Size + PieceHeader.Size + Size];
        new FrameHeader(1, PieceHeader.Size + Size).Write(frame);
        frame[FrameHeader.Size] = (byte)MessageId.Piece;

        await raw.SendAsync(frame[..^1000]);
        await Eventually.Holds(() => handler.Log.Contains("starting") && handler.Log.Last() == "batch end");
        await raw.SendAsync(frame[^1000..]);

        await Eventually.Holds(() => handler.Log.SkipWhile(line => line != "received").SequenceEqual(["received", "batch end"]), () => string.Join(", ", handler.Log));
    }

    [Fact]
    public async Task Both_sides_opening_a_channel_for_one_share_get_one_channel()
    {
        for (var round = 0; round < 20; round++)
        {
            var share = new InfoHash(Hash256.Of([(byte)round]));
            var (a, b) = round == 0 ? (Add(Beat), Add(Beat)) : (_members[0], _members[1]);
            if (round == 0)
            {
                a.Accept = b.Accept = (_, _) => new EchoHandler();
                a.Start();
                b.Start(a.At);
                await Eventually.Holds(() => a.Membership.View.Present.Count == 2 && b.Membership.View.Present.Count == 2);
            }

            var (left, right) = (new EchoHandler(), new EchoHandler());
            var results = await Task.WhenAll(Open(a, b, share, left), Open(b, a, share, right));
            // At least one of them is open; one that came too late was told that there is one already.
            Assert.Contains(true, results);
        }
    }

    private static InfoHash Share => new(Hash256.Of("share"u8));

    private static Protocol.Membership.MembershipMessageType MembershipMessageTypeOf(MembershipMessage message) => message.Type;

    private static async Task<bool> Open(TestMember from, TestMember to, InfoHash share, EchoHandler handler)
    {
        try
        {
            await from.Transport.OpenChannelAsync(to.Id, share, handler, default).WaitAsync(TimeSpan.FromSeconds(30));
            return true;
        }
        catch (Errors.P2PShareException error)
        {
            Assert.True(error.ErrorId is Errors.ErrorIds.TransferExists or Errors.ErrorIds.ShareNotFound, error.Message);
            return false;
        }
    }

    private static async Task AnswerPingsAsync(RawMember member)
    {
        try
        {
            while (await member.ReadAsync() is { } message)
                if (message is Ping ping) await member.SendAsync(new Pong(ping.Token, 0));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The test has ended it.
        }
    }

    private async Task EndsTheLink(byte[] bytes)
    {
        var member = Add(TimeSpan.FromMinutes(1)).Start();
        await using var raw = await RawMember.DialAsync(_network, member, RawMember.NewId(7), RawMember.NewNonce(1));
        Assert.IsType<Welcome>(await raw.ReadAsync());
        await raw.SendAsync(bytes);
        await raw.ReadToEndAsync();
        await Eventually.Holds(() => member.Transport.Links.Count == 0);
        Assert.DoesNotContain(member.Log, line => line.StartsWith("fault", StringComparison.Ordinal));
    }

    private TestMember Add(TimeSpan heartbeat)
    {
        var member = new TestMember(
            _network, "m" + _members.Count, IPAddress.Parse("192.0.2." + (_members.Count + 1)), options: new TransportOptions { HeartbeatInterval = heartbeat });
        _members.Add(member);
        return member;
    }

    private sealed class EchoHandler : IChannelHandler
    {
        private readonly Lock _lock = new();
        private readonly List<MessageId> _messages = [];

        public IMessageChannel? Channel { get; private set; }

        public string? Closed { get; private set; }

        public IReadOnlyList<MessageId> Messages
        {
            get
            {
                lock (_lock) return [.. _messages];
            }
        }

        public Action<IMessageChannel>? WhenOpened { get; set; }

        public void OnOpened(IMessageChannel channel)
        {
            Channel = channel;
            WhenOpened?.Invoke(channel);
        }

        public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
        {
            lock (_lock) _messages.Add(id);
        }

        public Memory<byte> OnBlockStarting(int piece, int begin, int length) => default;

        public void OnBlockReceived(int piece, int begin, int length)
        {
        }

        public void OnBatchEnd()
        {
        }

        public bool ReadBlock(in BlockRequest request, Span<byte> destination) => false;

        public void OnBlockSent(in BlockRequest request)
        {
        }

        public void OnClosed(string reason) => Closed = reason;
    }

    /// <summary>Takes one block and notes the order of what it is told.</summary>
    private sealed class BlockHandler(int size) : IChannelHandler
    {
        private readonly byte[] _block = new byte[size];

        public System.Collections.Concurrent.ConcurrentQueue<string> Log { get; } = new();

        public void OnOpened(IMessageChannel channel)
        {
        }

        public void OnMessage(MessageId id, ReadOnlySpan<byte> payload)
        {
        }

        public Memory<byte> OnBlockStarting(int piece, int begin, int length)
        {
            Log.Enqueue("starting");
            return _block;
        }

        public void OnBlockReceived(int piece, int begin, int length) => Log.Enqueue("received");

        public void OnBatchEnd() => Log.Enqueue("batch end");

        public bool ReadBlock(in BlockRequest request, Span<byte> destination) => false;

        public void OnBlockSent(in BlockRequest request)
        {
        }

        public void OnClosed(string reason)
        {
        }
    }
}
