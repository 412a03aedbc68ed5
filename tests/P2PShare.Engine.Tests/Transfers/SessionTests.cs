using P2PShare.Engine.Transfers;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transfers;

/// <summary>One session against a peer that the test plays: rows 14 to 20 and 31 of the hostile inputs.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private const int KiB = 1024;
    private const int Block = 16 * KiB;

    private readonly TestSwarm _swarm = new();
    private readonly TestShare _share = TestShare.Make(5, 64 * KiB, 600 * KiB, 20_000);
    private readonly TestPeer _peer;
    private readonly RawPeer _raw = new();
    private TestLink? _link;

    public SessionTests() => _peer = _swarm.AddPeer();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public void The_first_message_is_the_availability_and_the_second_the_extension_handshake()
    {
        ConnectToSeed();
        Assert.Equal(MessageId.HaveAll, _raw.Messages[0].Id);
        Assert.Equal(MessageId.Extended, _raw.Messages[1].Id);
        var handshake = ExtensionHandshake.Parse(_raw.Messages[1].Payload.AsSpan(1));
        Assert.Equal(_share.Info.RawInfo.Length, handshake.MetadataSize);
        Assert.Equal(PeerSession.RequestQueue, handshake.RequestQueue);
        Assert.Contains(ExtensionNames.Metadata, handshake.Extensions.Keys);
    }

    [Fact]
    public void A_partial_holder_sends_its_bitfield()
    {
        ConnectToSeed(_share.FullStorage(piece => piece % 2 == 0));
        Assert.Equal(MessageId.Bitfield, _raw.Messages[0].Id);
        var have = Bitfield.FromBytes(_raw.Messages[0].Payload, _share.Info.PieceCount);
        Assert.All(Enumerable.Range(0, have.Length), piece => Assert.Equal(piece % 2 == 0, have[piece]));
    }

    [Theory]
    [InlineData("short bitfield")]
    [InlineData("long bitfield")]
    [InlineData("spare bits")]
    [InlineData("two bitfields")]
    [InlineData("bitfield and have-all")]
    [InlineData("have-all and have-none")]
    [InlineData("have before bitfield")]
    [InlineData("have beyond the end")]
    [InlineData("negative have")]
    [InlineData("short request")]
    [InlineData("unsolicited hashes")]
    [InlineData("hash reject of nothing")]
    public void A_broken_rule_closes_the_session(string what)
    {
        ConnectToSeed();
        var pieces = _share.Info.PieceCount;
        var bytes = new byte[Bitfield.ByteLengthOf(pieces)];
        switch (what)
        {
            case "short bitfield":
                _raw.Send(MessageId.Bitfield, bytes[..^1]);
                break;
            case "long bitfield":
                _raw.Send(MessageId.Bitfield, [.. bytes, 0]);
                break;
            case "spare bits":
                bytes[^1] = 1;
                _raw.Send(MessageId.Bitfield, bytes);
                break;
            case "two bitfields":
                _raw.Send(MessageId.Bitfield, bytes);
                _raw.Send(MessageId.Bitfield, bytes);
                break;
            case "bitfield and have-all":
                _raw.Send(MessageId.Bitfield, bytes);
                _raw.Send(MessageId.HaveAll);
                break;
            case "have-all and have-none":
                _raw.Send(MessageId.HaveAll);
                _raw.Send(MessageId.HaveNone);
                break;
            case "have before bitfield":
                _raw.SendIndex(MessageId.Have, 0);
                break;
            case "have beyond the end":
                _raw.Send(MessageId.HaveNone);
                _raw.SendIndex(MessageId.Have, pieces);
                break;
            case "negative have":
                _raw.Send(MessageId.HaveNone);
                _raw.SendIndex(MessageId.Have, -1);
                break;
            case "short request":
                _raw.Send(MessageId.Request, new byte[11]);
                break;
            case "unsolicited hashes":
                var request = new HashRequest(_share.Info.Files[0].PiecesRoot, 2, 0, 8, 0);
                var message = new byte[PeerMessage.MaxFixedSize + 8 * 32];
                var length = PeerMessage.WriteHashes(message, new HashesMessage(request, new byte[8 * 32]));
                _raw.Channel!.Send(message.AsSpan(4, length - 4));
                break;
            case "hash reject of nothing":
                var reject = new byte[PeerMessage.MaxFixedSize];
                PeerMessage.WriteHashRequest(reject, MessageId.HashReject, new HashRequest(_share.Info.Files[0].PiecesRoot, 2, 0, 8, 0));
                _raw.Channel!.Send(reject.AsSpan(4));
                break;
        }

        _swarm.Pump();
        Assert.NotNull(_raw.Closed);
    }

    [Fact]
    public void Who_is_interested_is_unchoked_at_once_and_served()
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        _swarm.Pump();
        Assert.Equal(1, _raw.Count(MessageId.Unchoke));
        _raw.SendRequest(MessageId.Request, 1, 5, 100_000 - 64 * KiB);
        _raw.SendRequest(MessageId.Request, 0, 0, 64 * KiB);
        _swarm.Pump();
        Assert.Equal(2, _raw.Blocks.Count);
        Assert.True(_share.Piece(1).Slice(5, 100_000 - 64 * KiB).SequenceEqual(_raw.Blocks[0].Data));
        Assert.True(_share.Piece(0).SequenceEqual(_raw.Blocks[1].Data));
        Assert.Null(_raw.Closed);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 0, -1)]
    [InlineData(0, 0, 65537)]
    [InlineData(0, 1, 65536)]
    [InlineData(0, -1, 16384)]
    [InlineData(-1, 0, 16384)]
    [InlineData(0, 0, 131073)]
    [InlineData(0, int.MaxValue, int.MaxValue)]
    [InlineData(0, int.MaxValue, 16384)]
    [InlineData(0, 0, int.MinValue)]
    [InlineData(int.MaxValue, 0, 16384)]
    [InlineData(11, 0, 16384)]
    [InlineData(10, 0, 20001)]
    public void A_request_out_of_range_is_rejected_in_its_own_words(int piece, int begin, int length)
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        _raw.SendRequest(MessageId.Request, piece, begin, length);
        _raw.SendRequest(MessageId.Cancel, piece, begin, length);
        _swarm.Pump();
        Assert.Equal([new BlockRequest(piece, begin, length)], _raw.Requests(MessageId.RejectRequest));
        Assert.Empty(_raw.Blocks);
        Assert.Null(_raw.Closed);
    }

    [Fact]
    public void Requests_while_choked_are_rejected()
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        _raw.SendRequest(MessageId.Request, 0, 0, Block);
        _swarm.Pump();
        Assert.Single(_raw.Requests(MessageId.RejectRequest));
        Assert.Empty(_raw.Blocks);
    }

    [Fact]
    public void Every_request_of_a_flood_gets_exactly_one_reply()
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        for (var i = 0; i < 3000; i++) _raw.SendRequest(MessageId.Request, 0, 0, 100);
        _swarm.Pump();
        Assert.Equal(3000, _raw.Blocks.Count + _raw.Count(MessageId.RejectRequest));
        Assert.InRange(_raw.Blocks.Count, 1, 2000 + 32);
    }

    [Fact]
    public void A_cancelled_request_is_answered_by_a_reject()
    {
        ConnectToSeed();
        _link!.BlocksAtOnce = 0;
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        _raw.SendRequest(MessageId.Request, 0, 0, Block);
        _raw.SendRequest(MessageId.Request, 0, Block, Block);
        _raw.SendRequest(MessageId.Cancel, 0, 0, Block);
        _swarm.Pump();
        _link.BlocksAtOnce = 32;
        _swarm.Pump();
        Assert.Equal([new BlockRequest(0, 0, Block)], _raw.Requests(MessageId.RejectRequest));
        Assert.Equal(Block, _raw.Blocks.Single().Begin);
    }

    [Fact]
    public void Who_is_not_interested_any_more_is_choked_and_owed_rejects()
    {
        ConnectToSeed();
        _link!.BlocksAtOnce = 0;
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        for (var i = 0; i < 5; i++) _raw.SendRequest(MessageId.Request, i, 0, Block);
        _raw.Send(MessageId.NotInterested);
        _swarm.Pump();
        Assert.Equal(1, _raw.Count(MessageId.Choke));
        Assert.Equal(5, _raw.Count(MessageId.RejectRequest));
    }

    [Fact]
    public void Metadata_are_served_and_what_does_not_exist_is_rejected()
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        SendExtensionHandshake(metadata: 7);
        SendExtended(1, MetadataMessage.Request(0));
        SendExtended(1, MetadataMessage.Request(1));
        SendExtended(2, MetadataMessage.Request(0));
        _swarm.Pump();
        var answers = _raw.Messages.Where(message => message.Id == MessageId.Extended && message.Payload[0] == 7).Select(message => message.Payload[1..]).ToList();
        Assert.Equal(2, answers.Count);
        Assert.True(MetadataMessage.TryRead(answers[0], out var first));
        Assert.True(_share.Info.RawInfo.Span.SequenceEqual(first.Data));
        Assert.True(MetadataMessage.TryRead(answers[1], out var second));
        Assert.Equal(MetadataMessageType.Reject, second.Type);
    }

    [Fact]
    public void Unsolicited_blocks_are_waste_and_too_many_of_them_end_the_session()
    {
        var transfer = ConnectToReceiver();
        _raw.Send(MessageId.HaveAll);
        _swarm.Pump();
        _raw.SendPiece(0, 0, new byte[Block]);
        _swarm.Pump();
        Assert.Equal(Block, transfer.GetSnapshot().BytesWasted);
        Assert.Null(_raw.Closed);
        for (var i = 0; i < 100; i++) _raw.SendPiece(0, 0, new byte[Block]);
        _swarm.Pump();
        Assert.Contains("not asked for", _raw.Closed, StringComparison.Ordinal);
        Assert.Contains(_peer.Events.Log, line => line.StartsWith("banned", StringComparison.Ordinal));
        Assert.Null(_peer.Manager.AcceptChannel(_link!.Right.RemoteId!.Value, _share.Info.InfoHash));
    }

    [Fact]
    public void Requests_are_aligned_blocks_and_no_more_than_there_is_memory_for()
    {
        ConnectToReceiver();
        _raw.Send(MessageId.HaveAll);
        _raw.Send(MessageId.Unchoke);
        _swarm.Pump();
        Assert.Equal(1, _raw.Count(MessageId.Interested));
        var requests = _raw.Requests(MessageId.Request).ToList();
        Assert.Equal(PipelineSizer.InitialDepth, requests.Count);
        Assert.Equal(requests.Count, requests.Distinct().Count());
        Assert.All(requests, request =>
        {
            Assert.Equal(0, request.Begin % Block);
            Assert.Equal(Math.Min(Block, _share.Info.PieceSize(request.Piece) - request.Begin), request.Length);
        });
        Assert.Equal(requests.Sum(request => request.Length), _peer.Resources.Outstanding.Used);
    }

    [Theory]
    [InlineData("zero")]
    [InlineData("odd")]
    [InlineData("long")]
    [InlineData("unaligned")]
    [InlineData("unknown root")]
    [InlineData("proof")]
    [InlineData("layer")]
    [InlineData("negative")]
    [InlineData("beyond")]
    public void A_hash_request_that_cannot_be_answered_is_rejected(string what)
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        var root = _share.Info.Files[0].PiecesRoot;
        var request = what switch
        {
            "zero" => new HashRequest(root, 2, 0, 0, 0),
            "odd" => new HashRequest(root, 2, 0, 3, 0),
            "long" => new HashRequest(root, 0, 0, 16384, 0),
            "unaligned" => new HashRequest(root, 2, 1, 2, 0),
            "unknown root" => new HashRequest(Hash256.Of([1]), 2, 0, 2, 0),
            "proof" => new HashRequest(root, 2, 0, 2, 47),
            "layer" => new HashRequest(root, 40, 0, 2, 0),
            "negative" => new HashRequest(root, -1, -2, int.MinValue, -1),
            _ => new HashRequest(root, 2, 1 << 20, 2, 0),
        };
        _raw.SendHashRequest(request);
        _swarm.Pump();
        Assert.Equal(request, HashRequest.Read(_raw.Messages.Single(message => message.Id == MessageId.HashReject).Payload));
        Assert.Null(_raw.Closed);
    }

    [Fact]
    public void Piece_hashes_and_leaves_are_served_while_choked()
    {
        ConnectToSeed();
        _raw.Send(MessageId.HaveNone);
        var file = _share.Info.Files[0];
        var layer = HashRange.PieceLayerChunk(file.Shape, 0);
        var leaves = HashRange.PieceLeaves(file.Shape, 3);
        foreach (var range in new[] { layer, leaves })
            _raw.SendHashRequest(new HashRequest(file.PiecesRoot, range.BaseLayer, range.Index, range.Length, range.ProofLayers));
        _swarm.Pump();
        var answers = _raw.Messages.Where(message => message.Id == MessageId.Hashes).Select(message => message.Payload).ToList();
        Assert.Equal(2, answers.Count);
        Assert.True(layer.Verify(file.Shape, answers.Single(answer => HashesMessage.Read(answer).Request.BaseLayer == layer.BaseLayer).AsSpan(HashRequest.Size), file.PiecesRoot));
        Assert.True(leaves.Verify(file.Shape, answers.Single(answer => HashesMessage.Read(answer).Request.BaseLayer == 0).AsSpan(HashRequest.Size), _share.Layers.PieceHash(3), file.Shape.PieceRootLevel));
    }

    [Fact]
    public void A_source_whose_file_changed_finds_out_when_leaves_are_asked_for()
    {
        var storage = _share.FullStorage();
        storage.OnRead = (piece, begin, data) =>
        {
            if (piece == 3 && begin == Block) data[7] ^= 1;
        };
        ConnectToSeed(storage);
        _raw.Send(MessageId.HaveNone);
        _raw.Send(MessageId.Interested);
        var file = _share.Info.Files[0];
        var leaves = HashRange.PieceLeaves(file.Shape, 3);
        _raw.SendHashRequest(new HashRequest(file.PiecesRoot, 0, leaves.Index, leaves.Length, 0));
        _swarm.Pump();
        Assert.Equal(1, _raw.Count(MessageId.HashReject));
        Assert.False(storage.HasPiece(3));
        Assert.Contains(_peer.Events.Log, line => line.StartsWith("warning FileChanged", StringComparison.Ordinal));
        Assert.Contains("holding Partial", _peer.Events.Log);
        _raw.SendRequest(MessageId.Request, 3, 0, Block);
        _swarm.Pump();
        Assert.Equal(1, _raw.Count(MessageId.RejectRequest));
    }

    [Theory]
    [InlineData(MessageId.HaveAll)]
    [InlineData(MessageId.RejectRequest)]
    [InlineData(MessageId.Extended)]
    [InlineData(MessageId.HashRequest)]
    public void What_a_foreign_client_did_not_negotiate_ends_the_connection(MessageId id)
    {
        ConnectForeign(default);
        _raw.Send(id, new byte[id switch { MessageId.HaveAll => 0, MessageId.RejectRequest => 12, MessageId.Extended => 2, _ => HashRequest.Size }]);
        _swarm.Pump();
        Assert.Contains("not negotiated", _raw.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_client_gets_a_bitfield_and_no_rejects()
    {
        ConnectForeign(default);
        Assert.Equal([MessageId.Bitfield], _raw.Messages.Select(message => message.Id));
        _raw.SendIndex(MessageId.Have, 1);
        _raw.SendRequest(MessageId.Request, 0, 0, Block);
        _raw.Send(MessageId.Interested);
        _raw.SendRequest(MessageId.Request, 0, 0, Block);
        _swarm.Pump();
        Assert.Single(_raw.Blocks);
        Assert.Equal(0, _raw.Count(MessageId.RejectRequest));
    }

    [Fact]
    public void Only_open_shares_are_served_to_foreign_clients()
    {
        _peer.Seed(_share);
        Assert.Null(_peer.Manager.AcceptForeign(_share.Info.InfoHash.Value.ToArray().AsSpan(0, 20), HandshakeFeatures.None));
        Assert.NotNull(_peer.Manager.AcceptChannel(_swarm.AddPeer().Id, _share.Info.InfoHash));
    }

    private void ConnectToSeed(MemoryStorage? storage = null)
    {
        _peer.Seed(_share, storage);
        Connect();
    }

    private Transfer ConnectToReceiver()
    {
        _peer.Shares.Holders = _ => [];
        var transfer = _peer.Receive(_share, withInfo: true);
        SpinWait.SpinUntil(() => transfer.Queue is { IsPaused: false } && transfer.GetSnapshot().State == TransferState.Connecting, TimeSpan.FromSeconds(30));
        Connect();
        return transfer;
    }

    private void Connect()
    {
        var other = _swarm.AddPeer();
        _link = _swarm.Connect(other, _peer, _raw, _peer.Manager.AcceptChannel(other.Id, _share.Info.InfoHash)!);
        _swarm.Pump();
    }

    private void ConnectForeign(ForeignCapabilities capabilities)
    {
        _peer.Seed(_share, open: true);
        var session = (IForeignChannelHandler)_peer.Manager.AcceptForeign(_share.Info.InfoHash.Value.ToArray().AsSpan(0, 20), HandshakeFeatures.None)!;
        session.Capabilities = capabilities;
        _link = _swarm.ConnectForeign(_raw, session);
        _swarm.Pump();
    }

    private void SendExtensionHandshake(byte metadata)
    {
        var writer = new Protocol.Bencoding.BencodeWriter(64);
        new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [ExtensionNames.Metadata] = metadata } }.Write(writer);
        _raw.Send(MessageId.Extended, [0, .. writer.WrittenSpan]);
    }

    private void SendExtended(byte number, MetadataMessage message) => _raw.Send(MessageId.Extended, [number, .. message.Encode()]);
}
