using System.Numerics;

namespace P2PShare.Protocol.Metainfo;

/// <summary>The shape of one file's hash tree (BEP 52), which its length and the piece length determine.</summary>
public readonly record struct MerkleShape
{
    /// <param name="fileLength">The file's length in bytes, at least 1: an empty file has no tree.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    public MerkleShape(long fileLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fileLength, 1);
        if (!Metainfo.PieceLength.IsValid(pieceLength))
            throw new ArgumentException("Not a valid piece length.", nameof(pieceLength));
        FileLength = fileLength;
        PieceLength = pieceLength;
    }

    /// <summary>In bytes.</summary>
    public long FileLength { get; }

    /// <summary>In bytes.</summary>
    public int PieceLength { get; }

    /// <summary>The number of blocks, padding not counted.</summary>
    public long LeafCount => (FileLength - 1) / MerkleTree.BlockSize + 1;

    /// <summary>The number of pieces, padding not counted.</summary>
    public long PieceCount => (FileLength - 1) / PieceLength + 1;

    /// <summary>The number of blocks in a full piece.</summary>
    public int BlocksPerPiece => PieceLength / MerkleTree.BlockSize;

    /// <summary>The level at which one node covers one full piece.</summary>
    public int PieceLevel => BitOperations.Log2((uint)BlocksPerPiece);

    /// <summary>The level of the file's root.</summary>
    public int RootLevel => MerkleTree.LevelsAbove(LeafCount);

    /// <summary>Whether the file is larger than a piece and so has an entry in <c>piece layers</c>.</summary>
    public bool HasPieceLayer => FileLength > PieceLength;

    /// <summary>The level of the hash that verifies one piece: the piece level, or the root's in a file of one piece.</summary>
    public int PieceRootLevel => HasPieceLayer ? PieceLevel : RootLevel;

    /// <summary>The number of nodes at <paramref name="level"/> that cover any of the file's bytes.</summary>
    public long NodeCount(int level) => ((LeafCount - 1) >> level) + 1;
}
