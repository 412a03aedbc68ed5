using P2PShare.Protocol;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Fetches a blob whose SHA-256 is known, the info dictionary or the attributes, by the messages of BEP 9. Each peer is
/// asked for the whole, so that a wrong one has one sender; a second and a third are asked only when the first is slow.
/// Called with no lock held.
/// </summary>
internal sealed class BlobFetch(Transfer transfer, Hash256 hash, bool attributes)
{
    private const int MaxAttempts = 3;
    private const int Window = 8;
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<PeerSession> _candidates = [];
    private readonly List<Attempt> _attempts = [];
    private readonly List<(PeerSession Session, long Since)> _refused = [];
    private readonly TaskCompletionSource<byte[]> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the verified blob.</summary>
    public Task<byte[]> Result => _result.Task;

    /// <summary>The peer announces the extension, and perhaps the blob.</summary>
    public void Offer(PeerSession session)
    {
        lock (_gate)
        {
            if (_result.Task.IsCompleted || session.OfferedSize(attributes) is null || IsKnown(session)) return;
            _candidates.Add(session);
        }

        Advance();
    }

    public void Remove(PeerSession session)
    {
        lock (_gate)
        {
            _candidates.Remove(session);
            _attempts.RemoveAll(attempt => attempt.Session == session);
            _refused.RemoveAll(refused => refused.Session == session);
        }

        Advance();
    }

    public void OnMessage(PeerSession session, MetadataMessage message)
    {
        byte[]? blob = null;
        lock (_gate)
        {
            if (_result.Task.IsCompleted || _attempts.Find(attempt => attempt.Session == session) is not { } attempt) return;
            if (message.Type == MetadataMessageType.Reject || !attempt.TryAdd(message))
            {
                _attempts.Remove(attempt);
                _refused.Add((session, transfer.Time.GetTimestamp()));
            }
            else
            {
                attempt.LastAt = transfer.Time.GetTimestamp();
                if (attempt.IsComplete) blob = attempt.Join();
                else Ask(attempt);
            }
        }

        if (blob is null)
        {
            Advance();
        }
        else if (Hash256.Of(blob) == hash)
        {
            _result.TrySetResult(blob);
        }
        else
        {
            OnWrongBlob(session);
        }
    }

    /// <summary>Goes on to other peers when one is slow; called about once a second.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            if (_result.Task.IsCompleted) return;
            for (var i = _attempts.Count - 1; i >= 0; i--)
            {
                if (transfer.Time.GetElapsedTime(_attempts[i].LastAt) < GiveUpAfter) continue;
                _refused.Add((_attempts[i].Session, transfer.Time.GetTimestamp()));
                _attempts.RemoveAt(i);
            }

            for (var i = _refused.Count - 1; i >= 0; i--)
            {
                if (transfer.Time.GetElapsedTime(_refused[i].Since) < AskAgainAfter) continue;
                _candidates.Add(_refused[i].Session);
                _refused.RemoveAt(i);
            }
        }

        Advance();
    }

    private void OnWrongBlob(PeerSession session)
    {
        if (!attributes)
        {
            Remove(session);
            transfer.Ban(session, "the info dictionary it sent does not have the info-hash");
            return;
        }

        // No fault: who published the same content from files with other times has other attributes.
        lock (_gate)
        {
            _attempts.RemoveAll(attempt => attempt.Session == session);
            _refused.Add((session, transfer.Time.GetTimestamp()));
        }

        Advance();
    }

    private void Advance()
    {
        lock (_gate)
        {
            if (_result.Task.IsCompleted || _candidates.Count == 0 || _attempts.Count >= MaxAttempts) return;
            foreach (var running in _attempts)
            {
                if (transfer.Time.GetElapsedTime(running.LastAt) < SlowAfter) return;
            }

            var session = _candidates[0];
            _candidates.RemoveAt(0);
            var attempt = new Attempt(session, session.OfferedSize(attributes)!.Value) { LastAt = transfer.Time.GetTimestamp() };
            _attempts.Add(attempt);
            Ask(attempt);
        }
    }

    private void Ask(Attempt attempt)
    {
        while (attempt.Asked < attempt.PieceCount && attempt.Asked - attempt.Received < Window)
            attempt.Session.RequestBlobPiece(attributes, attempt.Asked++);
    }

    private bool IsKnown(PeerSession session) =>
        _candidates.Contains(session)
        || _attempts.Exists(attempt => attempt.Session == session)
        || _refused.Exists(refused => refused.Session == session);

    /// <summary>Memory grows with what has come, not with what was announced.</summary>
    private sealed class Attempt(PeerSession session, int totalSize)
    {
        private readonly Dictionary<int, byte[]> _pieces = [];

        public PeerSession Session { get; } = session;

        public int PieceCount { get; } = MetadataMessage.PieceCount(totalSize);

        public int Asked { get; set; }

        public int Received => _pieces.Count;

        public long LastAt { get; set; }

        public bool IsComplete => Received == PieceCount;

        public bool TryAdd(MetadataMessage message)
        {
            if (message.TotalSize != totalSize || message.Piece >= Asked) return false;
            _pieces.TryAdd(message.Piece, message.Data.ToArray());
            return true;
        }

        public byte[] Join()
        {
            var blob = new byte[totalSize];
            foreach (var (piece, data) in _pieces) data.CopyTo(blob, piece * MetadataMessage.PieceSize);
            return blob;
        }
    }
}
