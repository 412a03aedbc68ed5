using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>Where a piece stands between its first request and its place on the disk.</summary>
internal enum ActivePieceState
{
    /// <summary>Blocks are asked for and come in.</summary>
    Receiving,

    /// <summary>Complete: a hashing thread has it, or will.</summary>
    Verifying,

    /// <summary>Its hash was wrong; leaf hashes are asked for to find the block, and so the peer, at fault.</summary>
    Suspect,

    /// <summary>Given up or written; the buffer goes back as soon as no reader fills it any more.</summary>
    Ended,
}

/// <summary>
/// A piece being received: its buffer, and for each block who was asked for it or brought it. Reused for one piece
/// after another. Guarded by the gate of its <see cref="DownloadQueue"/>.
/// </summary>
internal sealed class ActivePiece
{
    /// <summary>64 KiB: what a fast member of the swarm is asked for at once.</summary>
    public const int LongBlockSize = 4 * BlockRequest.BlockSize;

    // Peers that are asked for a block besides the first.
    private const int MostDuplicates = 2;

    // Seconds by which a block must come sooner from another peer for it to be asked twice before the endgame.
    private const double MuchSooner = 0.25;

    private enum BlockState : byte
    {
        Free,
        Requested,
        Arriving,
        Received,
    }

    private BlockState[] _states = [];
    private DownloadPeer?[] _peers = [];
    private int _nextFree;

    /// <summary>Second requests for a block already asked for elsewhere (endgame).</summary>
    private readonly List<(int Block, DownloadPeer Peer)> _duplicates = [];

    public int Piece { get; private set; } = -1;

    public int Size { get; private set; }

    /// <summary>The bytes of a block, 16 or 64 KiB; the last may be shorter.</summary>
    public int BlockSize { get; private set; }

    public int BlockCount { get; private set; }

    /// <summary>Stretches of 16 KiB, which are hashed each.</summary>
    public int LeafCount => (Size - 1) / MerkleTree.BlockSize + 1;

    /// <summary>Blocks nobody is asked for.</summary>
    public int FreeBlocks { get; private set; }

    public int ReceivedBlocks { get; private set; }

    public byte[] Buffer { get; private set; } = [];

    public ActivePieceState State { get; set; }

    /// <summary>Who started it; others are asked for its blocks only when they have nothing of their own to do.</summary>
    public DownloadPeer? Owner { get; set; }

    /// <summary>Whether the owner alone may bring its blocks, so that a second wrong hash has one culprit.</summary>
    public bool Exclusive { get; set; }

    /// <summary>Readers that fill a block of the buffer just now.</summary>
    public int Readers { get; set; }

    /// <summary>Its place in the queue's list of active pieces, and in that of pieces with free blocks; -1 for none.</summary>
    public int ActiveIndex { get; set; } = -1;

    public int FreeIndex { get; set; } = -1;

    public ReadOnlySpan<byte> Data => Buffer.AsSpan(0, Size);

    /// <summary>The bytes of one leaf of the hash tree.</summary>
    public ReadOnlyMemory<byte> Leaf(int leaf)
    {
        var begin = leaf * MerkleTree.BlockSize;
        return Buffer.AsMemory(begin, Math.Min(MerkleTree.BlockSize, Size - begin));
    }

    /// <summary>The block that a leaf of the hash tree is in.</summary>
    public int BlockOfLeaf(int leaf) => leaf * MerkleTree.BlockSize / BlockSize;

    public void Start(int piece, int size, byte[] buffer, DownloadPeer owner)
    {
        BlockSize = owner.BlockSize;
        Piece = piece;
        Size = size;
        Buffer = buffer;
        Owner = owner;
        Exclusive = false;
        State = ActivePieceState.Receiving;
        Readers = 0;
        BlockCount = (size - 1) / BlockSize + 1;
        if (_states.Length < BlockCount)
        {
            _states = new BlockState[BlockCount];
            _peers = new DownloadPeer?[BlockCount];
        }

        ForgetBlocks();
    }

    /// <summary>Makes all blocks free again.</summary>
    public void ForgetBlocks()
    {
        Array.Clear(_states, 0, BlockCount);
        Array.Clear(_peers, 0, BlockCount);
        _duplicates.Clear();
        FreeBlocks = BlockCount;
        ReceivedBlocks = 0;
        _nextFree = 0;
    }

    /// <summary>Drops the buffer and all that refers to peers.</summary>
    public byte[] End()
    {
        var buffer = Buffer;
        Buffer = [];
        Array.Clear(_peers, 0, BlockCount);
        _duplicates.Clear();
        Owner = null;
        Piece = -1;
        return buffer;
    }

    public BlockRequest Request(int block) =>
        new(Piece, block * BlockSize, Math.Min(BlockSize, Size - block * BlockSize));

    /// <summary>The index of a block; -1 when none lies there: what was asked for before the piece was given up and begun anew may have been of another size.</summary>
    public int IndexOf(int begin, int length)
    {
        var block = begin / BlockSize;
        return block < BlockCount && Request(block) is var request && request.Begin == begin && request.Length == length ? block : -1;
    }

    public bool IsReceived(int block) => _states[block] == BlockState.Received;

    /// <summary>The peer that brought a received block.</summary>
    public DownloadPeer? Sender(int block) => _peers[block];

    /// <summary>Gives the lowest free block to a peer; -1 if there is none.</summary>
    public int TakeFree(DownloadPeer peer)
    {
        if (FreeBlocks == 0) return -1;
        while (_states[_nextFree] != BlockState.Free) _nextFree++;
        var block = _nextFree++;
        _states[block] = BlockState.Requested;
        _peers[block] = peer;
        FreeBlocks--;
        return block;
    }

    /// <summary>
    /// Gives a peer a block that others were asked for and that it will bring sooner, the last one first: those before
    /// it are about to arrive. -1 if there is none.
    /// </summary>
    /// <param name="isEndgame">Whether nothing is left that nobody was asked for: then it need not be much sooner.</param>
    /// <param name="mayLater">Set when the others are not slow enough yet.</param>
    public int TakeDuplicate(DownloadPeer peer, bool isEndgame, long now, ref bool mayLater)
    {
        var wait = peer.ExpectedWait(DownloadPeer.CountOf(Request(0).Length), now);
        for (var block = BlockCount - 1; block >= 0; block--)
        {
            if (_states[block] != BlockState.Requested || _peers[block] == peer || peer.HasRequested(Piece, block * BlockSize)) continue;
            var others = _peers[block]!.ExpectedWait(0, now);
            var asked = 1;
            foreach (var duplicate in _duplicates)
            {
                if (duplicate.Block != block) continue;
                others = Math.Min(others, duplicate.Peer.ExpectedWait(0, now));
                asked++;
            }

            if (asked <= MostDuplicates && (2 * wait + MuchSooner < others || (isEndgame && asked == 1 && wait <= others)))
            {
                _duplicates.Add((block, peer));
                return block;
            }

            mayLater |= asked <= MostDuplicates;
        }

        return -1;
    }

    /// <summary>A peer begins to bring a block.</summary>
    /// <returns>False when it is here already or another peer is bringing it: its bytes must not go into the buffer.</returns>
    public bool TryBeginArrival(int block, DownloadPeer peer)
    {
        switch (_states[block])
        {
            case BlockState.Arriving or BlockState.Received:
                return false;
            case BlockState.Free:
                FreeBlocks--;
                break;
            default:
                // Whoever else was asked stays on record, to be told that it is not wanted any more.
                if (_peers[block] is { } other && other != peer)
                {
                    RemoveDuplicate(block, peer);
                    _duplicates.Add((block, other));
                }

                break;
        }

        _states[block] = BlockState.Arriving;
        _peers[block] = peer;
        Readers++;
        return true;
    }

    /// <summary>The block has arrived in full; <paramref name="others"/> receives the peers that were asked for it too.</summary>
    public void EndArrival(int block, List<DownloadPeer> others)
    {
        Readers--;
        _states[block] = BlockState.Received;
        ReceivedBlocks++;
        for (var i = _duplicates.Count - 1; i >= 0; i--)
        {
            if (_duplicates[i].Block != block) continue;
            others.Add(_duplicates[i].Peer);
            _duplicates.RemoveAt(i);
        }
    }

    /// <summary>A peer will not bring a block it was asked for, or broke off while bringing it.</summary>
    /// <returns>Whether the block is free now.</returns>
    public bool Release(int block, DownloadPeer peer)
    {
        if (_peers[block] != peer)
        {
            RemoveDuplicate(block, peer);
            return false;
        }

        switch (_states[block])
        {
            case BlockState.Arriving:
                Readers--;
                break;
            case BlockState.Requested:
                break;
            default:
                return false;
        }

        for (var i = 0; i < _duplicates.Count; i++)
        {
            if (_duplicates[i].Block != block) continue;
            _peers[block] = _duplicates[i].Peer;
            _states[block] = BlockState.Requested;
            _duplicates.RemoveAt(i);
            return false;
        }

        MakeFree(block);
        return true;
    }

    /// <summary>Forgets a received block whose bytes were wrong.</summary>
    public void Discard(int block)
    {
        ReceivedBlocks--;
        MakeFree(block);
    }

    private void MakeFree(int block)
    {
        _states[block] = BlockState.Free;
        _peers[block] = null;
        FreeBlocks++;
        _nextFree = Math.Min(_nextFree, block);
    }

    private void RemoveDuplicate(int block, DownloadPeer peer)
    {
        for (var i = _duplicates.Count - 1; i >= 0; i--)
        {
            if (_duplicates[i].Block == block && _duplicates[i].Peer == peer) _duplicates.RemoveAt(i);
        }
    }
}
