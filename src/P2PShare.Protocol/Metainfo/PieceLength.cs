using System.Numerics;

namespace P2PShare.Protocol.Metainfo;

/// <summary>The rule for piece lengths (BEP 52) and our choice of one.</summary>
public static class PieceLength
{
    /// <summary>The smallest piece length of BEP 52: one block.</summary>
    public const int Minimum = MerkleTree.BlockSize;

    private const int AimedPieces = 1024;
    private const int UsualMaximum = 4 * 1024 * 1024;
    private const int MostPieces = 1024 * 1024;
    private const int Largest = 256 * 1024 * 1024;

    /// <summary>
    /// The piece length, in bytes, of a share whose files have <paramref name="totalBytes"/> together. It is a fixed
    /// function of the size, so that equal content has one info-hash wherever it is published: changing it would part
    /// the old shares from the new.
    /// </summary>
    /// <remarks>The smallest power of two that makes at most 1024 pieces, between 16 KiB and 4 MiB:
    /// <list type="table">
    /// <item><term>up to 16 MiB</term><description>16 KiB</description></item>
    /// <item><term>up to 32 MiB</term><description>32 KiB, and so on, doubling:</description></item>
    /// <item><term>up to 256 MiB</term><description>256 KiB</description></item>
    /// <item><term>up to 1 GiB</term><description>1 MiB</description></item>
    /// <item><term>up to 4 TiB</term><description>4 MiB (reached at 2 GiB and a byte)</description></item>
    /// <item><term>above</term><description>the smallest that makes at most 1,048,576 pieces, up to 256 MiB</description></item>
    /// </list></remarks>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    public static int ForSize(long totalBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalBytes);
        var length = (long)Minimum;
        while (length < UsualMaximum && length * AimedPieces < totalBytes) length *= 2;
        while (length < Largest && length * MostPieces < totalBytes) length *= 2;
        return (int)length;
    }

    /// <summary>Whether BEP 52 allows this piece length: a power of two of at least 16 KiB.</summary>
    public static bool IsValid(long pieceLength) => pieceLength >= Minimum && BitOperations.IsPow2(pieceLength);
}
