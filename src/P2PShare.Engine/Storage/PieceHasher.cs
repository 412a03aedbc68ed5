using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>Hashes pieces of files with buffers of its own: one a thread.</summary>
internal sealed class PieceHasher
{
    // Large enough for the disk to read ahead and for system calls not to count, small enough that what was read is
    // still in the core's cache when it is hashed. A multiple of the block size.
    private const int ReadSize = 256 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReadSize);
    private byte[] _leaves = [];

    /// <summary>Hashes neighbouring pieces of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="shape">Its hash tree.</param>
    /// <param name="firstPiece">The first piece, counted from the file's begin.</param>
    /// <param name="pieceCount">How many.</param>
    /// <param name="hashes">Receives 32 bytes for each piece.</param>
    /// <param name="onRead">Is told the number of bytes after each read.</param>
    /// <param name="cancellationToken">Looked at before each read.</param>
    /// <returns>False when the file ends before the last of them.</returns>
    public bool TryHash(
        IStorageFile file, in MerkleShape shape, int firstPiece, int pieceCount, Span<byte> hashes, Action<int>? onRead, CancellationToken cancellationToken)
    {
        var offset = (long)firstPiece * shape.PieceLength;
        var end = Math.Min(shape.FileLength, offset + (long)pieceCount * shape.PieceLength);
        var leaves = ReserveLeaves((int)Math.Min(shape.PieceLength, end - offset));
        var leafCount = 0;
        var pieceEnd = Math.Min(end, offset + shape.PieceLength);
        while (offset < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = _buffer.AsSpan(0, (int)Math.Min(ReadSize, end - offset));
            if (file.Read(chunk, offset) < chunk.Length) return false;
            onRead?.Invoke(chunk.Length);
            while (!chunk.IsEmpty)
            {
                var part = chunk[..(int)Math.Min(chunk.Length, pieceEnd - offset)];
                leafCount += MerkleTree.HashBlocks(part, leaves[(leafCount * Hash256.Size)..]);
                offset += part.Length;
                chunk = chunk[part.Length..];
                if (offset < pieceEnd) continue;

                MerkleTree.Root(leaves[..(leafCount * Hash256.Size)], 0, shape.PieceRootLevel, hashes[..Hash256.Size]);
                hashes = hashes[Hash256.Size..];
                leafCount = 0;
                pieceEnd = Math.Min(end, offset + shape.PieceLength);
            }
        }

        return true;
    }

    private Span<byte> ReserveLeaves(int length)
    {
        var needed = ((length - 1) / MerkleTree.BlockSize + 1) * Hash256.Size;
        if (_leaves.Length < needed) _leaves = GC.AllocateUninitializedArray<byte>(needed);
        return _leaves;
    }
}
