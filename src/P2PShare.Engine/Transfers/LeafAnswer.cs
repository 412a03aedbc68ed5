using System.Diagnostics.CodeAnalysis;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Answers a request for leaf hashes by reading the piece from the disk. Peers ask for them when a piece came wrong, so
/// this is also where a source whose file was changed finds out by itself.
/// </summary>
internal sealed class LeafAnswer(
    PeerSession session, Transfer transfer, TorrentInfo info, PieceLayers layers, IShareStorage storage, TorrentFile file, int piece, HashRequest request, HashRange range) : IHashWork
{
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An exception on a hashing thread would end the process; it is an answer that cannot be given.")]
    public void Run()
    {
        var answer = Array.Empty<byte>();
        try
        {
            var leaves = ReadLeaves();
            if (MerkleTree.Root(leaves, 0, file.Shape.PieceRootLevel) != layers.PieceHash(piece))
            {
                storage.DropPiece(piece);
                throw new P2PShareException(ErrorKind.InvalidData, ErrorIds.FileChanged, $"'{file}' has changed on the disk: piece {piece} of '{info.Name}' is not served any more.");
            }

            var hashes = new byte[range.HashCount * Hash256.Size];
            if (layers.TryGetHashes(file, range, leaves, hashes)) answer = hashes;
        }
        catch (P2PShareException error)
        {
            transfer.OnReadFailed(piece, error);
        }
        catch (Exception error)
        {
            transfer.OnReadFailed(piece, new P2PShareException(ErrorKind.ReadError, ErrorIds.FileUnreadable, $"Piece {piece} of '{info.Name}' could not be read: {error.Message}", innerException: error));
        }

        session.EndLeafAnswer(request, answer);
    }

    private byte[] ReadLeaves()
    {
        var size = info.PieceSize(piece);
        var count = (size - 1) / MerkleTree.BlockSize + 1;
        var leaves = new byte[count * Hash256.Size];
        var block = new byte[Math.Min(size, MerkleTree.BlockSize)];
        for (var i = 0; i < count; i++)
        {
            var begin = i * MerkleTree.BlockSize;
            var data = block.AsSpan(0, Math.Min(MerkleTree.BlockSize, size - begin));
            storage.ReadBlock(piece, begin, data);
            MerkleTree.HashBlocks(data, leaves.AsSpan(i * Hash256.Size, Hash256.Size));
        }

        return leaves;
    }
}
