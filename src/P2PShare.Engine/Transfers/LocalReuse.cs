using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>Copies wanted files whose content is on this machine already, piece by piece and verified like what comes from peers.</summary>
internal static class LocalReuse
{
    /// <summary>Copies what can be had; a file that turns out different, or unreadable, is left to the peers from there on.</summary>
    /// <exception cref="P2PShareException">The destination failed: DiskFull, DestinationUnusable.</exception>
    public static void Run(Transfer transfer, ILocalFiles local, CancellationToken cancellationToken)
    {
        var info = transfer.Info!;
        foreach (var file in info.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (file.PieceCount == 0 || !LacksAny(transfer, file) || local.Find(file.PiecesRoot, file.Length) is not { } path) continue;
            CopyFile(transfer, info, file, path, cancellationToken);
        }
    }

    /// <summary>Whether anything that is wanted may be here already.</summary>
    public static bool IsOfUse(Transfer transfer, ILocalFiles local)
    {
        foreach (var file in transfer.Info!.Files)
        {
            if (file.PieceCount > 0 && local.Knows(file.PiecesRoot) && LacksAny(transfer, file)) return true;
        }

        return false;
    }

    private static bool LacksAny(Transfer transfer, TorrentFile file)
    {
        lock (transfer.Gate)
        {
            for (var i = 0; i < file.PieceCount; i++)
            {
                if (transfer.Queue!.IsWanted(file.FirstPiece + i)) return true;
            }

            return false;
        }
    }

    private static void CopyFile(Transfer transfer, TorrentInfo info, TorrentFile file, string path, CancellationToken cancellationToken)
    {
        FileStream source;
        try
        {
            source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return;
        }

        using (source)
        {
            var buffer = new byte[Math.Min(info.PieceLength, file.Length)];
            for (var i = 0; i < file.PieceCount; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var piece = file.FirstPiece + i;
                lock (transfer.Gate)
                {
                    if (!transfer.Queue!.IsWanted(piece)) continue;
                }

                var data = buffer.AsSpan(0, info.PieceSize(piece));
                try
                {
                    source.Position = (long)i * info.PieceLength;
                    if (source.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) < data.Length) return;
                }
                catch (IOException)
                {
                    return;
                }

                if (MerkleTree.RootOfData(data, file.Shape.PieceRootLevel) != transfer.Layers!.PieceHash(piece)) return;
                transfer.Storage!.WritePiece(piece, data);
                lock (transfer.Gate) transfer.Queue!.MarkHave(piece);
                transfer.CountReused(data.Length);
                transfer.OnPiecesWritten([piece]);
            }
        }
    }
}
