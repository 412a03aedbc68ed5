using P2PShare.Protocol;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: the hash messages of BEP 52, asked and answered.</summary>
internal sealed partial class PeerSession
{
    private const int MaxLeafAnswers = 4;

    private readonly Dictionary<HashRequest, (IHashReply? Reply, long Since)> _hashRequests = [];
    private int _leafAnswers;

    /// <summary>Asks for hashes; the reply goes to <paramref name="reply"/>, unless this returns false: closed, or the same is asked already.</summary>
    public bool RequestHashes(in HashRequest request, IHashReply reply)
    {
        byte[]? early = null;
        lock (Gate)
        {
            if (!IsOpen || !Capabilities.V2) return false;
            if (_earlyHashes?.Remove(request, out early) != true)
            {
                if (!_hashRequests.TryAdd(request, (reply, _transfer.Time.GetTimestamp()))) return false;
                if ((_follows & ChannelExtras.PieceLayers) != 0) return true;
            }
        }

        if (early is not null)
        {
            reply.OnHashes(this, request, early);
            return true;
        }

        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        SendFramed(message[..PeerMessage.WriteHashRequest(message, MessageId.HashRequest, request)]);
        return true;
    }

    /// <summary>Stops waiting for hashes that do not come. With no lock held.</summary>
    public void ExpireHashRequests(TimeSpan timeout)
    {
        List<(HashRequest, IHashReply)>? expired = null;
        lock (Gate)
        {
            foreach (var (request, (reply, since)) in _hashRequests)
            {
                if (reply is null || _transfer.Time.GetElapsedTime(since) < timeout) continue;
                (expired ??= []).Add((request, reply));
                // It stays on record: the reply may still come, and is then no fault.
                _hashRequests[request] = (null, since);
                _follows &= ~ChannelExtras.PieceLayers;
            }
        }

        foreach (var (request, reply) in expired ?? []) reply.OnHashesRefused(this, request);
    }

    /// <summary>Answers a request for leaves, once a hashing thread has read the piece.</summary>
    public void EndLeafAnswer(in HashRequest request, ReadOnlySpan<byte> hashes)
    {
        Interlocked.Decrement(ref _leafAnswers);
        if (hashes.IsEmpty) SendHashReject(request);
        else SendHashes(request, hashes);
    }

    private void OnHashes(HashesMessage message)
    {
        if (KeepEarly(message)) return;
        if (TakeHashReply(message.Request) is { } reply) reply.OnHashes(this, message.Request, message.Hashes);
    }

    private void OnHashReject(in HashRequest request)
    {
        if (TakeHashReply(request) is { } reply) reply.OnHashesRefused(this, request);
    }

    private IHashReply? TakeHashReply(in HashRequest request)
    {
        lock (Gate)
        {
            if (!_hashRequests.Remove(request, out var waiting)) throw new ProtocolException("Hashes came that were not asked for (BEP 52).");
            return waiting.Reply;
        }
    }

    private void RefuseAllHashReplies()
    {
        List<(HashRequest, IHashReply)> open = [];
        lock (Gate)
        {
            foreach (var (request, (reply, _)) in _hashRequests)
            {
                if (reply is not null) open.Add((request, reply));
            }

            _hashRequests.Clear();
        }

        foreach (var (request, reply) in open) reply.OnHashesRefused(this, request);
    }

    private void OnHashRequest(in HashRequest request)
    {
        var range = new HashRange(request.BaseLayer, request.Index, request.Length, request.ProofLayers);
        if (!request.IsValid
            || _transfer is not { Layers: { } layers, Info: { } info }
            || _transfer.FindFile(request.PiecesRoot) is not { } file
            || !PieceLayers.CanAnswer(file, range))
        {
            SendHashReject(request);
            return;
        }

        if (PieceLayers.PieceOf(file, range) is not { } pieceInFile)
        {
            var hashes = new byte[range.HashCount * Hash256.Size];
            if (layers.TryGetHashes(file, range, default, hashes)) SendHashes(request, hashes);
            else SendHashReject(request);
            return;
        }

        var piece = file.FirstPiece + pieceInFile;
        // The reader alone adds to the count, so it cannot pass the limit between the test and the addition.
        if (_transfer.Storage is not { } storage || !storage.HasPiece(piece) || Volatile.Read(ref _leafAnswers) >= MaxLeafAnswers)
        {
            SendHashReject(request);
            return;
        }

        Interlocked.Increment(ref _leafAnswers);
        _transfer.Resources.Hashing.Enqueue(new LeafAnswer(this, _transfer, info, layers, storage, file, piece, request, range));
    }

    private void SendHashReject(in HashRequest request)
    {
        Span<byte> message = stackalloc byte[PeerMessage.MaxFixedSize];
        SendFramed(message[..PeerMessage.WriteHashRequest(message, MessageId.HashReject, request)]);
    }

    private void SendHashes(in HashRequest request, ReadOnlySpan<byte> hashes)
    {
        var message = new byte[PeerMessage.MaxFixedSize + hashes.Length];
        SendFramed(message.AsSpan(0, PeerMessage.WriteHashes(message, new HashesMessage(request, hashes))));
    }
}
