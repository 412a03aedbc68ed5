using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: answering requests.</summary>
internal sealed partial class PeerSession
{
    /// <summary>The requests a peer may have outstanding here (BEP 10, <c>reqq</c>).</summary>
    public const int RequestQueue = 2000;

    // Answers that wait for an upload limit; without one they go to the channel at once.
    private readonly Queue<BlockRequest> _pendingUploads = new();
    private long _sent;
    private long _sentBefore;
    private int _queuedAnswers;
    private int _answerCredit;

    /// <summary>Answers that are not sent yet.</summary>
    public int QueuedAnswers => Volatile.Read(ref _queuedAnswers);

    /// <summary>Bytes of blocks sent in the last turn of the choker.</summary>
    public long SentInTurn { get; private set; }

    /// <summary>Whether the peer wants something of us.</summary>
    public bool IsRemoteInterested { get; private set; }

    /// <summary>Whether its requests are refused.</summary>
    public bool AmChoking { get; private set; } = true;

    /// <summary>When it was last choked or unchoked, a timestamp of the transfer's clock; 0 for never.</summary>
    public long ChokeChangedAt { get; private set; }

    /// <summary>Since when it was refused pieces that others were given (<see cref="SoleSource"/>), and got nothing; null when none are refused it.</summary>
    public long? DeferredAt { get; set; }

    /// <summary>What had been sent to it then, bytes.</summary>
    public long SentWhenDeferred { get; set; }

    /// <summary>When it was let off that; null for never.</summary>
    public long? ExemptFrom { get; set; }

    public long BytesSent => Interlocked.Read(ref _sent);

    public bool ReadBlock(in BlockRequest request, Span<byte> destination)
    {
        if (_transfer.Storage is not { } storage) return false;
        try
        {
            var length = (int)Math.Min(destination.Length, _transfer.Info!.PieceSize(request.Piece) - (long)request.Begin);
            storage.ReadBlock(request.Piece, request.Begin, destination[..length]);
            destination[length..].Clear();
            return true;
        }
        catch (P2PShareException error)
        {
            _transfer.OnReadFailed(request.Piece, error);
            Interlocked.Decrement(ref _queuedAnswers);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>A turn of the choker is over.</summary>
    public void EndTurn()
    {
        var sent = BytesSent;
        SentInTurn = sent - _sentBefore;
        _sentBefore = sent;
    }

    public void OnBlockSent(in BlockRequest request)
    {
        Interlocked.Add(ref _sent, request.Length);
        Interlocked.Decrement(ref _queuedAnswers);
        _transfer.CountSent(request.Length);
    }

    /// <summary>Chokes or unchokes the peer. With the gate held.</summary>
    public void SetChoking(bool choking)
    {
        if (choking == AmChoking || !IsOpen) return;
        AmChoking = choking;
        ChokeChangedAt = _transfer.Time.GetTimestamp();
        SendEmpty(choking ? MessageId.Choke : MessageId.Unchoke);
        if (!choking) return;
        _transfer.Sole.TakeBack(this);
        var dropped = new List<BlockRequest>();
        _channel!.CancelAllBlocks(dropped);
        dropped.AddRange(_pendingUploads);
        Interlocked.Add(ref _queuedAnswers, -dropped.Count);
        _pendingUploads.Clear();
        if (!Capabilities.Fast) return;
        foreach (var request in dropped) SendRequest(MessageId.RejectRequest, request);
    }

    /// <summary>Tells the peer that what it was refused may be asked for again: an unchoke does. With the gate held.</summary>
    public void Forgive()
    {
        DeferredAt = null;
        if (IsOpen && !AmChoking) SendEmpty(MessageId.Unchoke);
    }

    /// <summary>Hands an answer that waited for an upload limit to the channel, if the visits so far pay for its length: each is worth 16 KiB. With the gate held.</summary>
    /// <returns>The bytes of the answer; 0 when there is none yet.</returns>
    public int AnswerOne()
    {
        if (!_pendingUploads.TryPeek(out var request))
        {
            _answerCredit = 0;
            return 0;
        }

        _answerCredit = Math.Min(_answerCredit + BlockRequest.BlockSize, BlockRequest.MaxLength);
        if (_answerCredit < request.Length) return 0;
        _answerCredit -= request.Length;
        _pendingUploads.Dequeue();
        if (_channel!.QueueBlock(request))
        {
            _transfer.Resources.UploadLimit.Take(request.Length);
            _transfer.UploadLimit.Take(request.Length);
        }
        else
        {
            Interlocked.Decrement(ref _queuedAnswers);
            Reject(request);
        }

        return request.Length;
    }

    /// <summary>Takes answers that are not sent yet back from the channel, to be handed out anew. With the gate held.</summary>
    public void RecallUploads()
    {
        var recalled = new List<BlockRequest>();
        _channel!.CancelAllBlocks(recalled);
        foreach (var request in recalled)
        {
            _transfer.Resources.UploadLimit.Return(request.Length);
            _transfer.UploadLimit.Return(request.Length);
        }

        for (var i = _pendingUploads.Count; i > 0; i--) recalled.Add(_pendingUploads.Dequeue());
        foreach (var request in recalled) _pendingUploads.Enqueue(request);
    }

    private void OnInterested(bool interested)
    {
        lock (Gate)
        {
            IsRemoteInterested = interested;
            _transfer.OnInterestChanged(this);
        }
    }

    private void OnRequest(in BlockRequest request)
    {
        lock (Gate)
        {
            if (AmChoking || !CanServe(request) || _pendingUploads.Count >= RequestQueue || !_transfer.Sole.Allows(this, request.Piece))
            {
                Reject(request);
            }
            else if (_transfer.IsUploadLimited || _pendingUploads.Count > 0)
            {
                _pendingUploads.Enqueue(request);
                Interlocked.Increment(ref _queuedAnswers);
            }
            else if (_channel!.QueueBlock(request))
            {
                Interlocked.Increment(ref _queuedAnswers);
            }
            else
            {
                Reject(request);
            }
        }
    }

    private bool CanServe(in BlockRequest request) =>
        _transfer is { Info: { } info, Storage: { } storage }
        && request.Piece >= 0 && request.Piece < info.PieceCount
        && request.Begin < info.PieceSize(request.Piece)
        && request.IsInside(LengthToServe(info, request.Piece))
        && storage.HasPiece(request.Piece);

    // libtorrent takes each file of a v2 torrent to be padded to whole pieces, as in a hybrid one (BEP 47), and asks for
    // whole blocks at a file's end: what is past it is served as zeros.
    private int LengthToServe(TorrentInfo info, int piece) => IsForeign ? info.PieceLength : info.PieceSize(piece);

    private void OnCancel(BlockRequest request)
    {
        lock (Gate)
        {
            var found = _channel!.CancelBlock(request);
            for (var i = _pendingUploads.Count; i > 0; i--)
            {
                // The queue turns once around without the first such request; its order stays.
                var pending = _pendingUploads.Dequeue();
                if (!found && pending == request) found = true;
                else _pendingUploads.Enqueue(pending);
            }

            if (!found) return;
            Interlocked.Decrement(ref _queuedAnswers);
            Reject(request);
        }
    }

    private void Reject(in BlockRequest request)
    {
        if (Capabilities.Fast) SendRequest(MessageId.RejectRequest, request);
    }
}
