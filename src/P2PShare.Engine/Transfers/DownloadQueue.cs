using System.Diagnostics.CodeAnalysis;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// What is still to be received of one share and who is asked for which block: rarest pieces first, started ones before
/// new ones, normally one peer a piece, blocks of lost peers at once to others, and what one is slow to bring from two.
/// Every member but <see cref="Gate"/> is used with the gate held; nothing here waits, hashes or touches a disk.
/// </summary>
internal sealed partial class DownloadQueue
{
    private readonly TorrentInfo _info;
    private readonly PieceBufferPool _buffers;
    private readonly TimeProvider _time;
    private readonly PieceOrder _order;
    private readonly Bitfield _wanted;
    private readonly List<DownloadPeer> _peers = [];
    private readonly List<ActivePiece> _active = [];
    private readonly List<ActivePiece> _withFree = [];
    private readonly Dictionary<int, ActivePiece> _byPiece = [];
    private readonly Stack<ActivePiece> _spare = new();
    private readonly Queue<ActivePiece> _toVerify = new();

    /// <param name="have">Pieces on disk and verified; the queue keeps it up to date.</param>
    /// <param name="wanted">Pieces to receive.</param>
    /// <param name="limit">The transfer's own limit; null for none.</param>
    public DownloadQueue(Lock gate, TorrentInfo info, Bitfield have, Bitfield wanted, Random random, TransferResources resources, RateLimiter? limit = null)
    {
        Gate = gate;
        _info = info;
        Have = have;
        _wanted = wanted;
        _time = resources.Time;
        _buffers = resources.Buffers;
        Budget = new RequestBudget(resources, limit ?? new RateLimiter(resources.Time));
        _order = new PieceOrder(info.PieceCount, random);
        for (var piece = 0; piece < info.PieceCount; piece++)
        {
            if (!wanted[piece] || have[piece]) continue;
            Missing++;
            _order.Add(piece);
        }
    }

    public Lock Gate { get; }

    public RequestBudget Budget { get; }

    public Bitfield Have { get; }

    /// <summary>Wanted pieces that are not on disk yet.</summary>
    public int Missing { get; private set; }

    /// <summary>Pieces being received, verified or suspected.</summary>
    public int ActivePieces => _active.Count;

    /// <summary>Bytes of complete pieces that wait for a hashing thread.</summary>
    public long BytesToVerify { get; private set; }

    /// <summary>Whether all that is missing waits for a hashing thread.</summary>
    public bool IsAllReceived => _toVerify.Count == Missing;

    /// <summary>Whether no piece may be started at the moment.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether a piece is to be received and not on disk yet.</summary>
    public bool IsWanted(int piece) => _wanted[piece] && !Have[piece];

    public void AddPeer(DownloadPeer peer) => _peers.Add(peer);

    /// <summary>The peer says what it has, for the first time.</summary>
    public void SetHave(DownloadPeer peer, Bitfield have)
    {
        peer.Have = have;
        peer.CountedAsSeed = have.IsFull;
        for (var piece = have.IndexOf(true); piece >= 0; piece = piece + 1 < have.Length ? have.IndexOf(true, piece + 1) : -1)
        {
            if (!peer.CountedAsSeed) _order.Increment(piece);
            if (IsWanted(piece)) peer.Interesting++;
        }
    }

    /// <summary>The peer has one more piece.</summary>
    /// <returns>False when it had it already.</returns>
    public bool AddHave(DownloadPeer peer, int piece)
    {
        if (!peer.Have!.Set(piece)) return false;
        _order.Increment(piece);
        if (IsWanted(piece)) peer.Interesting++;
        return true;
    }

    /// <summary>The peer is gone: its blocks are free at once.</summary>
    public void RemovePeer(DownloadPeer peer)
    {
        peer.IsClosed = true;
        if (peer.Arriving is not null) AbortArrival(peer);
        ReleaseAll(peer, keepAwaiting: false);
        _peers.Remove(peer);
        if (peer is { CountedAsSeed: false, Have: { } have })
        {
            for (var piece = have.IndexOf(true); piece >= 0; piece = piece + 1 < have.Length ? have.IndexOf(true, piece + 1) : -1)
                _order.Decrement(piece);
        }
    }

    /// <summary>The peer will not bring what it was asked for.</summary>
    /// <param name="keepAwaiting">Whether replies to the requests may still come.</param>
    /// <returns>What it was asked for.</returns>
    public IReadOnlyList<BlockRequest> ReleaseAll(DownloadPeer peer, bool keepAwaiting)
    {
        var released = peer.TakeLive(keepAwaiting);
        foreach (var request in released)
        {
            Budget.Return(request.Length);
            if (TryFind(request.Piece, request.Begin, request.Length, out var active, out var block)) Release(active, block, peer);
        }

        foreach (var active in _active)
        {
            if (active.Owner == peer) active.Owner = null;
        }

        peer.CurrentPiece = -1;
        return released;
    }

    /// <summary>The peer refuses one request.</summary>
    /// <returns>False when it was not asked for that.</returns>
    public bool Reject(DownloadPeer peer, in BlockRequest request)
    {
        if (!peer.RemoveRequest(request.Piece, request.Begin, out var length, out var live)) return false;
        if (!live) return true;
        Budget.Return(length);
        if (!peer.IsChoking) peer.Refuse(request.Piece);
        if (!TryFind(request.Piece, request.Begin, length, out var active, out var block)) return true;
        Release(active, block, peer);
        if (active.Owner == peer) active.Owner = null;
        // Nothing of it is here or on its way: its buffer is of more use to another piece.
        if (active is { State: ActivePieceState.Receiving, Readers: 0 } && active.FreeBlocks == active.BlockCount) Drop(active, wantAgain: true);
        return true;
    }

    /// <summary>Chooses what to ask a peer for next, up to its pipeline's depth.</summary>
    /// <param name="most">Bytes after which it ends.</param>
    /// <returns>The number of requests; when it is the span's length there may be more to choose.</returns>
    public int Fill(DownloadPeer peer, Span<BlockRequest> requests, int most = int.MaxValue)
    {
        peer.IsStarved = false;
        if (IsPaused || peer.IsClosed || peer.IsBarred || peer.IsChoking || peer.Interesting == 0) return 0;
        var count = 0;
        while (count < requests.Length && most > 0 && peer.Live < peer.Depth && peer.Outstanding < 2 * PipelineSizer.MaxDepth)
        {
            if (Budget.IsRateUsedUp || (Budget.IsFull && peer.Live >= PipelineSizer.MinDepth))
            {
                peer.IsStarved = true;
                break;
            }

            if (!TryNext(peer, out var request)) break;
            peer.AddRequest(request);
            Budget.Take(request.Length);
            most -= request.Length;
            requests[count++] = request;
        }

        return count;
    }

    /// <summary>A block begins to come in.</summary>
    /// <returns>Where its bytes go; empty when they are of no use.</returns>
    public Memory<byte> BeginArrival(DownloadPeer peer, int piece, int begin, int length, out bool solicited)
    {
        solicited = peer.RemoveRequest(piece, begin, out var expected, out var live);
        if (!solicited) return default;
        if (live) Budget.Arrive(expected);
        else Budget.Charge(expected);
        if (!TryFind(piece, begin, expected, out var active, out var block)) return default;
        solicited = length == expected;
        if (!solicited || peer.IsBarred || active.State != ActivePieceState.Receiving
            || (active.Exclusive && active.Owner != peer) || !active.TryBeginArrival(block, peer))
        {
            Release(active, block, peer);
            return default;
        }

        if (active.FreeBlocks == 0) RemoveFree(active);
        peer.Arriving = active;
        peer.ArrivingBlock = block;
        return active.Buffer.AsMemory(begin, length);
    }

    /// <summary>The block that began to arrive is here.</summary>
    /// <param name="others">Receives the peers that were asked for it too; each is owed a cancel.</param>
    /// <returns>False when the piece was given up meanwhile.</returns>
    public bool EndArrival(DownloadPeer peer, List<DownloadPeer> others)
    {
        var active = peer.Arriving!;
        var block = peer.ArrivingBlock;
        peer.Arriving = null;
        active.EndArrival(block, others);
        if (active.State == ActivePieceState.Ended)
        {
            others.Clear();
            if (active.Readers == 0) Recycle(active);
            return false;
        }

        for (var i = others.Count - 1; i >= 0; i--)
        {
            if (others[i].Disown(active.Piece, block * active.BlockSize)) Budget.Return(active.Request(block).Length);
            else others.RemoveAt(i);
        }

        peer.Pipeline.Count(DownloadPeer.CountOf(active.Request(block).Length));
        peer.IsSnubbed = false;
        if (active.ReceivedBlocks == active.BlockCount)
        {
            active.State = ActivePieceState.Verifying;
            _toVerify.Enqueue(active);
            BytesToVerify += active.Size;
        }

        return true;
    }

    /// <summary>The next complete piece to verify. It stays out of everyone's reach until <see cref="Complete"/>, <see cref="Retry"/> or <see cref="Drop"/>.</summary>
    public bool TryTakeToVerify([NotNullWhen(true)] out ActivePiece? active)
    {
        if (!_toVerify.TryDequeue(out active)) return false;
        BytesToVerify -= active.Size;
        return true;
    }

    /// <summary>A piece is verified and on disk.</summary>
    public void Complete(ActivePiece active)
    {
        MarkHave(active.Piece);
        Drop(active, wantAgain: false);
    }

    /// <summary>A piece came on disk without having been received (copied from another file).</summary>
    public void MarkHave(int piece)
    {
        if (!Have.Set(piece)) return;
        _order.Remove(piece);
        if (_wanted[piece]) Missing--;
        foreach (var peer in _peers)
        {
            if (_wanted[piece] && peer.Has(piece)) peer.Interesting--;
        }
    }

    /// <summary>A piece on disk turned out to be wrong or unreadable.</summary>
    public void MarkLost(int piece)
    {
        if (!Have.Set(piece, false)) return;
        if (!_wanted[piece]) return;
        Missing++;
        _order.Add(piece);
        foreach (var peer in _peers)
        {
            if (peer.Has(piece)) peer.Interesting++;
        }
    }

    /// <summary>Some of a piece's blocks are wrong or unknown: they were discarded and are to be asked for again.</summary>
    /// <param name="exclusive">Whether one peer alone is to bring them.</param>
    public void Retry(ActivePiece active, bool exclusive)
    {
        if (active.State == ActivePieceState.Ended)
        {
            Drop(active, wantAgain: true);
            return;
        }

        active.State = ActivePieceState.Receiving;
        active.Owner = null;
        active.Exclusive = exclusive;
        if (active.FreeBlocks > 0) AddFree(active);
    }

    /// <summary>Gives a piece up; its buffer returns when nobody fills it any more.</summary>
    public void Drop(ActivePiece active, bool wantAgain)
    {
        if (active.ActiveIndex >= 0)
        {
            _active[active.ActiveIndex] = _active[^1];
            _active[active.ActiveIndex].ActiveIndex = active.ActiveIndex;
            _active.RemoveAt(_active.Count - 1);
            active.ActiveIndex = -1;
            _byPiece.Remove(active.Piece);
            RemoveFree(active);
            if (wantAgain && IsWanted(active.Piece)) _order.Add(active.Piece);
        }

        active.State = ActivePieceState.Ended;
        if (active.Readers == 0) Recycle(active);
    }

    /// <summary>Gives up all pieces that no hashing thread has; those end when it hands them back.</summary>
    public void DropAll()
    {
        for (var i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].State is ActivePieceState.Receiving or ActivePieceState.Suspect) Drop(_active[i], wantAgain: true);
        }
    }

    private bool TryFind(int piece, int begin, int length, [NotNullWhen(true)] out ActivePiece? active, out int block)
    {
        block = _byPiece.TryGetValue(piece, out active) ? active.IndexOf(begin, length) : -1;
        return block >= 0;
    }

    private void Release(ActivePiece active, int block, DownloadPeer peer)
    {
        if (active.Release(block, peer) && active.State == ActivePieceState.Receiving) AddFree(active);
    }

    private void AbortArrival(DownloadPeer peer)
    {
        var active = peer.Arriving!;
        peer.Arriving = null;
        Release(active, peer.ArrivingBlock, peer);
        if (active.State == ActivePieceState.Ended && active.Readers == 0) Recycle(active);
    }

    private void AddFree(ActivePiece active)
    {
        if (active.FreeIndex >= 0) return;
        active.FreeIndex = _withFree.Count;
        _withFree.Add(active);
    }

    private void RemoveFree(ActivePiece active)
    {
        if (active.FreeIndex < 0) return;
        _withFree[active.FreeIndex] = _withFree[^1];
        _withFree[active.FreeIndex].FreeIndex = active.FreeIndex;
        _withFree.RemoveAt(_withFree.Count - 1);
        active.FreeIndex = -1;
    }

    private void Recycle(ActivePiece active)
    {
        _buffers.Return(active.End());
        if (_spare.Count < 64) _spare.Push(active);
    }
}
