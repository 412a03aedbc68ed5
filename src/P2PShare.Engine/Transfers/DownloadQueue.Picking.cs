using System.Diagnostics.CodeAnalysis;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: which block a peer is asked for next.</summary>
internal sealed partial class DownloadQueue
{
    // A peer is asked for at most this many blocks while others were asked for them too.
    private const int MaxDuplicateRequests = 64;

    // How often a peer with nothing of its own to do looks whether others are slow.
    private static readonly TimeSpan RelieveInterval = TimeSpan.FromMilliseconds(100);

    private bool TryNext(DownloadPeer peer, out BlockRequest request)
    {
        request = default;
        var active = Current(peer) ?? NextPiece(peer);
        int block;
        if (active is not null)
        {
            block = active.TakeFree(peer);
            if (active.FreeBlocks == 0) RemoveFree(active);
        }
        else if (!TryDuplicate(peer, out active, out block))
        {
            return false;
        }

        request = active.Request(block);
        return true;
    }

    private ActivePiece? Current(DownloadPeer peer) =>
        peer.CurrentPiece >= 0 && _byPiece.TryGetValue(peer.CurrentPiece, out var active) && active.FreeIndex >= 0
        && (!active.Exclusive || active.Owner == peer) && peer.CanServe(active.Piece)
            ? active
            : null;

    private ActivePiece? NextPiece(DownloadPeer peer)
    {
        var active = Orphan(peer) ?? StartPiece(peer) ?? Shared(peer);
        peer.CurrentPiece = active?.Piece ?? -1;
        return active;
    }

    private ActivePiece? Orphan(DownloadPeer peer)
    {
        foreach (var active in _withFree)
        {
            if (active.Owner is not null || !peer.CanServe(active.Piece)) continue;
            // What an earlier owner brought would make a second culprit possible.
            if (active.Exclusive && active.Readers == 0) active.ForgetBlocks();
            active.Owner = peer;
            return active;
        }

        return null;
    }

    private ActivePiece? StartPiece(DownloadPeer peer)
    {
        if (_order.Count == 0) return null;
        var piece = _order.Rarest(peer, static (peer, piece) => peer.CanServe(piece), peer.CountedAsSeed ? 0 : 1);
        if (piece < 0) return null;
        var size = _info.PieceSize(piece);
        var buffer = _buffers.TryRent(size, force: _active.Count == 0);
        if (buffer is null)
        {
            peer.IsStarved = true;
            return null;
        }

        _order.Remove(piece);
        var active = _spare.TryPop(out var spare) ? spare : new ActivePiece();
        active.Start(piece, size, buffer, peer);
        active.ActiveIndex = _active.Count;
        _active.Add(active);
        _byPiece.Add(piece, active);
        AddFree(active);
        return active;
    }

    private ActivePiece? Shared(DownloadPeer peer)
    {
        ActivePiece? best = null;
        foreach (var active in _withFree)
        {
            if (!active.Exclusive && active.FreeBlocks > (best?.FreeBlocks ?? 0) && peer.CanServe(active.Piece)) best = active;
        }

        return best;
    }

    /// <summary>
    /// A peer with nothing of its own to do brings blocks that others were asked for and will be longer in bringing: in
    /// the endgame, and before it those of peers that are slow or silent.
    /// </summary>
    private bool TryDuplicate(DownloadPeer peer, [NotNullWhen(true)] out ActivePiece? active, out int block)
    {
        active = null;
        block = -1;
        var isEndgame = _order.Count == 0;
        // Without memory for a piece of its own the peer waits for it.
        if (peer.Live >= MaxDuplicateRequests || (peer.IsStarved && !isEndgame)) return false;
        var now = _time.GetTimestamp();
        if (!isEndgame && _time.GetElapsedTime(peer.RelievedAt, now) < RelieveInterval)
        {
            peer.IsStarved = true;
            return false;
        }

        var mayLater = false;
        for (var i = _active.Count - 1; i >= 0; i--)
        {
            active = _active[i];
            if (active.State != ActivePieceState.Receiving || active.Exclusive || !peer.CanServe(active.Piece)) continue;
            block = active.TakeDuplicate(peer, isEndgame, now, ref mayLater);
            if (block >= 0) return true;
        }

        peer.RelievedAt = now;
        peer.IsStarved = mayLater;
        return false;
    }
}
