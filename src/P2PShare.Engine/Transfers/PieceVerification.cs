using System.Diagnostics.CodeAnalysis;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Complete pieces on their way from their buffers to the disk: one hop to a hashing thread each, many small ones in
/// one. The thread compares the piece's root, writes it, and tells the peers.
/// </summary>
internal sealed class PieceVerification(Transfer transfer) : IHashWork
{
    /// <summary>Small pieces are collected until there are this many bytes of them, or nothing more comes in.</summary>
    public const int HopBytes = 256 * 1024;

    private readonly Stack<List<ActivePiece>> _spare = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _running;
    private int _scheduled;

    /// <summary>Has a thread take what is complete. With no lock held.</summary>
    public void Schedule()
    {
        lock (transfer.Gate)
        {
            if (transfer.Queue is not { BytesToVerify: > 0 } queue) return;
            // As many hops as there is work for; each goes on until there is none left.
            if (_scheduled > queue.BytesToVerify / HopBytes) return;
            _scheduled++;
        }

        transfer.Resources.Hashing.Enqueue(this);
    }

    /// <summary>Ends when no piece waits for, or is with, a hashing thread.</summary>
    public Task IdleAsync()
    {
        lock (transfer.Gate)
        {
            if (_running == 0 && transfer.Queue is not { BytesToVerify: > 0 }) return Task.CompletedTask;
            var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(idle);
            return idle.Task;
        }
    }

    public void Run()
    {
        lock (transfer.Gate)
        {
            _scheduled--;
            _running++;
        }

        try
        {
            while (RunBatch())
            {
            }
        }
        finally
        {
            lock (transfer.Gate)
            {
                _running--;
                if (_running == 0 && transfer.Queue is not { BytesToVerify: > 0 })
                {
                    foreach (var idle in _waiting) idle.TrySetResult();
                    _waiting.Clear();
                }
            }
        }
    }

    private bool RunBatch()
    {
        List<ActivePiece> batch;
        lock (transfer.Gate)
        {
            if (transfer.Queue is not { } queue) return false;
            batch = _spare.TryPop(out var spare) ? spare : [];
            long bytes = 0;
            while (bytes < HopBytes && queue.TryTakeToVerify(out var active))
            {
                batch.Add(active);
                bytes += active.Size;
            }
        }

        Span<int> announced = stackalloc int[64];
        var count = 0;
        foreach (var active in batch)
        {
            var piece = active.Piece;
            if (!VerifyAndWrite(active)) continue;
            announced[count++] = piece;
            if (count == announced.Length)
            {
                transfer.OnPiecesWritten(announced);
                count = 0;
            }
        }

        if (count > 0) transfer.OnPiecesWritten(announced[..count]);
        var more = batch.Count > 0;
        batch.Clear();
        lock (transfer.Gate) _spare.Push(batch);
        return more;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An exception on a hashing thread would end the process; it is the transfer's failure.")]
    private bool VerifyAndWrite(ActivePiece active)
    {
        var location = transfer.Info!.Locate(active.Piece);
        if (MerkleTree.RootOfData(active.Data, location.File.Shape.PieceRootLevel) != transfer.Layers!.PieceHash(active.Piece))
        {
            transfer.Suspects.Add(active);
            return false;
        }

        P2PShareException? failure;
        try
        {
            transfer.Storage!.WritePiece(active.Piece, active.Data);
            lock (transfer.Gate) transfer.Queue!.Complete(active);
            return true;
        }
        catch (P2PShareException error)
        {
            failure = error;
        }
        catch (Exception error)
        {
            failure = new P2PShareException(ErrorKind.WriteError, ErrorIds.TransferFailed, $"Piece {active.Piece} of '{transfer.Info!.Name}' could not be written: {error.Message}", innerException: error);
        }

        lock (transfer.Gate) transfer.Queue!.Drop(active, wantAgain: true);
        transfer.OnStorageFailed(failure);
        return false;
    }
}
