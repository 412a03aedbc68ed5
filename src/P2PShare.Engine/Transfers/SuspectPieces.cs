using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Pieces whose hash was wrong. Leaf hashes, which prove themselves against the piece's hash whoever sends them, show
/// which block is to blame; its sender is banned and only its blocks are fetched again. Where nobody can give them, a
/// sole sender is to blame, and a piece of several senders is fetched again from one alone.
/// </summary>
internal sealed class SuspectPieces(Transfer transfer) : IHashReply
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PeerSession, HashRequest), Suspect> _suspects = [];

    /// <summary>Takes over a piece from the hashing thread that found it wrong.</summary>
    public void Add(ActivePiece active)
    {
        var location = transfer.Info!.Locate(active.Piece);
        var senders = new HashSet<PeerSession>();
        lock (transfer.Gate)
        {
            active.State = ActivePieceState.Suspect;
            for (var block = 0; block < active.BlockCount; block++)
            {
                if (active.Sender(block) is { } sender) senders.Add((PeerSession)sender.Owner);
            }
        }

        var suspect = new Suspect(active, active.Piece, location, senders);
        var shape = location.File.Shape;
        if (active.BlockCount == 1 || 1L << shape.PieceRootLevel > HashRange.MaxLength)
        {
            GiveUp(suspect);
            return;
        }

        var range = HashRange.PieceLeaves(shape, location.PieceInFile);
        suspect.Range = range;
        AskNext(suspect, new HashRequest(location.File.PiecesRoot, range.BaseLayer, range.Index, range.Length, range.ProofLayers));
    }

    public void OnHashes(PeerSession session, in HashRequest request, ReadOnlySpan<byte> hashes)
    {
        if (Take(session, request) is not { } suspect) return;
        var shape = suspect.Location.File.Shape;
        if (suspect.Range.Verify(shape, hashes, transfer.Layers!.PieceHash(suspect.Piece), shape.PieceRootLevel))
        {
            transfer.Resources.Hashing.Enqueue(new Inspection(this, suspect, hashes.ToArray()));
            return;
        }

        transfer.Ban(session, $"it sent false hashes of piece {suspect.Piece}");
        AskNext(suspect, request);
    }

    public void OnHashesRefused(PeerSession session, in HashRequest request)
    {
        if (Take(session, request) is { } suspect) AskNext(suspect, request);
    }

    private Suspect? Take(PeerSession session, in HashRequest request)
    {
        lock (_gate) return _suspects.Remove((session, request), out var suspect) ? suspect : null;
    }

    private void AskNext(Suspect suspect, HashRequest request)
    {
        while (NextSource(suspect) is { } source)
        {
            suspect.Asked.Add(source);
            lock (_gate)
            {
                // Files of the same content have the same hashes: what is asked already is asked of the next.
                if (!_suspects.TryAdd((source, request), suspect)) continue;
            }

            if (source.RequestHashes(request, this)) return;
            if (Take(source, request) is null) return;
        }

        GiveUp(suspect);
    }

    private PeerSession? NextSource(Suspect suspect)
    {
        PeerSession? last = null;
        lock (transfer.Gate)
        {
            if (!suspect.IsCurrent) return null;
            foreach (var session in transfer.Sessions)
            {
                if (suspect.Asked.Contains(session) || !session.Capabilities.V2 || session.Download.IsBarred || !session.Download.Has(suspect.Piece)) continue;
                if (!suspect.Senders.Contains(session)) return session;
                last = session;
            }
        }

        return last;
    }

    /// <summary>No leaf hashes can be had.</summary>
    private void GiveUp(Suspect suspect)
    {
        transfer.CountWaste(suspect.Active.Size);
        if (suspect.Senders.Count == 1) transfer.Ban(suspect.Senders.First(), $"piece {suspect.Piece} from it does not have its hash");
        lock (transfer.Gate)
        {
            if (!suspect.IsCurrent) return;
            suspect.Active.ForgetBlocks();
            transfer.Queue!.Retry(suspect.Active, exclusive: true);
        }

        transfer.PumpAll();
    }

    /// <summary>The leaves are known: on a hashing thread.</summary>
    private void Inspect(Suspect suspect, ReadOnlySpan<byte> leaves)
    {
        var active = suspect.Active;
        lock (transfer.Gate)
        {
            if (!suspect.IsCurrent) return;
            active.State = ActivePieceState.Verifying;
        }

        var bad = new HashSet<int>();
        Span<byte> hash = stackalloc byte[Hash256.Size];
        for (var leaf = 0; leaf < active.LeafCount; leaf++)
        {
            MerkleTree.HashBlocks(active.Leaf(leaf).Span, hash);
            if (!hash.SequenceEqual(leaves.Slice(leaf * Hash256.Size, Hash256.Size))) bad.Add(active.BlockOfLeaf(leaf));
        }

        var culprits = new HashSet<PeerSession>();
        lock (transfer.Gate)
        {
            foreach (var block in bad)
            {
                if (active.Sender(block) is { } sender) culprits.Add((PeerSession)sender.Owner);
                transfer.CountWaste(active.Request(block).Length);
                active.Discard(block);
            }

            foreach (var culprit in culprits) transfer.Ban(culprit, $"a block of piece {suspect.Piece} from it does not have its hash");
            transfer.Queue!.Retry(active, exclusive: false);
        }

        transfer.PumpAll();
    }

    private sealed class Suspect(ActivePiece active, int piece, PieceLocation location, HashSet<PeerSession> senders)
    {
        public ActivePiece Active { get; } = active;

        public int Piece { get; } = piece;

        public PieceLocation Location { get; } = location;

        public HashSet<PeerSession> Senders { get; } = senders;

        public HashSet<PeerSession> Asked { get; } = [];

        public HashRange Range { get; set; }

        /// <summary>Whether the piece was not given up meanwhile. With the transfer's gate held.</summary>
        public bool IsCurrent => Active.State == ActivePieceState.Suspect && Active.Piece == Piece;
    }

    private sealed class Inspection(SuspectPieces owner, Suspect suspect, byte[] leaves) : IHashWork
    {
        public void Run() => owner.Inspect(suspect, leaves);
    }
}
