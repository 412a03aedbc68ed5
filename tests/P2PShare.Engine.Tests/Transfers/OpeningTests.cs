using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>What comes with a channel's opening: that it is enough, and that it is bounded.</summary>
public sealed class OpeningTests : IAsyncLifetime
{
    private const int KiB = 1024;
    private const ChannelExtras All = ChannelExtras.Info | ChannelExtras.Attributes | ChannelExtras.PieceLayers | ChannelExtras.Interest;

    private readonly TestSwarm _swarm = new();
    private readonly TestShare _share = TestShare.Make(5, 64 * KiB, withAttributes: true, 600 * KiB, 20_000);
    private readonly TestPeer _peer;
    private readonly RawPeer _raw = new();

    public OpeningTests() => _peer = _swarm.AddPeer();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public void All_but_the_pieces_comes_unasked()
    {
        _peer.Seed(_share);
        var session = Accept();
        Assert.Equal(All, session.Promise(All));
        Connect(session);
        Assert.Equal([MessageId.HaveAll, MessageId.Extended, MessageId.Unchoke], _raw.Messages.Take(3).Select(message => message.Id));
        Assert.True(_share.Info.RawInfo.Span.SequenceEqual(Blob(1)));
        Assert.True(_share.Attributes!.Bytes.Span.SequenceEqual(Blob(2)));
        var hashes = HashesMessage.Read(Assert.Single(_raw.Messages, message => message.Id == MessageId.Hashes).Payload);
        Assert.Equal(_share.Info.Files.Single(file => file.HasPieceLayer).PiecesRoot, hashes.Request.PiecesRoot);
    }

    [Theory]
    [InlineData(ChannelExtras.None)]
    [InlineData(ChannelExtras.Attributes)]
    [InlineData(ChannelExtras.Interest)]
    public void What_is_not_wished_for_is_not_sent(ChannelExtras wish)
    {
        _peer.Seed(_share);
        var session = Accept();
        Assert.Equal(wish, session.Promise(wish));
        Connect(session);
        Assert.Equal(3 - (wish == ChannelExtras.None ? 1 : 0), _raw.Messages.Count);
    }

    [Fact]
    public void Large_metadata_has_to_be_asked_for()
    {
        var share = TestShare.Make(6, 16 * KiB, [.. Enumerable.Repeat(20 * KiB, 1000)]);
        _peer.Seed(share);
        var session = (PeerSession)_peer.Manager.AcceptChannel(_swarm.AddPeer().Id, share.Info.InfoHash)!;
        Assert.Equal(ChannelExtras.Interest, session.Promise(All));
        Connect(session);
        Assert.DoesNotContain(_raw.Messages, message => message.Id == MessageId.Hashes);
    }

    [Fact]
    public void A_file_of_one_piece_has_no_layer_to_send()
    {
        var share = TestShare.Make(7, 16 * KiB, 10_000);
        _peer.Seed(share);
        var session = (PeerSession)_peer.Manager.AcceptChannel(_swarm.AddPeer().Id, share.Info.InfoHash)!;
        Assert.Equal(All & ~ChannelExtras.PieceLayers & ~ChannelExtras.Attributes, session.Promise(All));
    }

    [Fact]
    public async Task What_was_promised_is_not_asked_for()
    {
        var source = _swarm.AddPeer();
        source.Seed(_share);
        var transfer = Receive(out var session);
        var accepting = (PeerSession)source.Manager.AcceptChannel(_peer.Id, _share.Info.InfoHash)!;
        session.OnPromised(accepting.Promise(session.Wish()));
        var asked = 0;
        _swarm.OnLink = (link, _, _) => link.Filter = (from, message) =>
        {
            if (from == link.Left && (MessageId)message[0] is MessageId.HashRequest or MessageId.Interested) asked++;
            if (from == link.Left && (MessageId)message[0] == MessageId.Extended && message[1] != 0) asked++;
            return true;
        };
        _swarm.Connect(_peer, source, session, accepting);
        await _swarm.Complete(transfer);
        Assert.Equal(0, asked);
        TestPeer.StorageOf(transfer).AssertHolds(_share);
    }

    [Fact]
    public void Metadata_are_wished_for_of_one_peer_at_a_time()
    {
        var transfer = Receive(out var first);
        Assert.Equal(All, first.Wish());
        var second = new PeerSession(transfer);
        Assert.Equal(ChannelExtras.Interest, second.Wish());
        transfer.DropWish(first);
        Assert.Equal(All, second.Wish());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hashes_beyond_what_was_promised_end_the_session(bool promised)
    {
        Receive(out var session);
        session.Wish();
        session.OnPromised(promised ? All : All & ~ChannelExtras.PieceLayers);
        Connect(session);
        for (var i = 0; i <= (promised ? PeerSession.MaxUnaskedHashes : 0); i++)
        {
            Assert.Null(_raw.Closed);
            SendHashes(i);
        }

        Assert.NotNull(_raw.Closed);
    }

    [Fact]
    public void False_metadata_that_come_unasked_are_found_out()
    {
        var transfer = Receive(out var session);
        session.Wish();
        session.OnPromised(ChannelExtras.Info);
        Connect(session);
        var handshake = new Protocol.Bencoding.BencodeWriter(64);
        new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [ExtensionNames.Metadata] = 1 }, MetadataSize = 100 }.Write(handshake);
        _raw.Send(MessageId.Extended, [0, .. handshake.WrittenSpan]);
        _raw.Send(MessageId.Extended, [1, .. MetadataMessage.DataOf(new byte[100], 0).Encode()]);
        _swarm.Pump();
        Assert.Contains("info-hash", _raw.Closed, StringComparison.Ordinal);
        Assert.Null(transfer.Info);
    }

    private PeerSession Accept() => (PeerSession)_peer.Manager.AcceptChannel(_swarm.AddPeer().Id, _share.Info.InfoHash)!;

    private Transfer Receive(out PeerSession session)
    {
        _peer.Shares.Holders = _ => [];
        var transfer = _peer.Receive(_share);
        SpinWait.SpinUntil(() => transfer.GetSnapshot().State == TransferState.Connecting, TimeSpan.FromSeconds(30));
        session = new PeerSession(transfer);
        return transfer;
    }

    private void Connect(PeerSession session)
    {
        _swarm.Connect(_swarm.AddPeer(), _peer, _raw, session);
        _swarm.Pump();
    }

    private void SendHashes(int number)
    {
        var request = new HashRequest(Hash256.Of([(byte)number]), 0, 0, 2, 0);
        var message = new byte[PeerMessage.MaxFixedSize + 2 * Hash256.Size];
        var length = PeerMessage.WriteHashes(message, new HashesMessage(request, new byte[2 * Hash256.Size]));
        _raw.Channel!.Send(message.AsSpan(FrameHeader.LengthPrefixSize..length));
        _swarm.Pump();
    }

    private byte[] Blob(byte number)
    {
        var payload = Assert.Single(_raw.Messages, message => message.Id == MessageId.Extended && message.Payload[0] == number).Payload;
        Assert.True(MetadataMessage.TryRead(payload.AsSpan(1), out var message));
        return message.Data.ToArray();
    }
}
