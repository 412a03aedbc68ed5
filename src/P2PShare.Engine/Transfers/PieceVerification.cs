using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Complete pieces on their way from their buffers to the disk: one hop to a hashing thread each, many small ones in
/// one. The thread compares the piece's root, writes it, and tells the peers.
/// </summary>
internal sealed class PieceVerification(Transfer transfer) : IHashWork, IDisposable
{
    /// <summary>Small pieces are collected until there are this many bytes of them, or nothing more comes in.</summary>
    public const int HopBytes = 256 * 1024;

    /// <summary>How long small pieces of a share that has many wait for others: little beside the time in which so many bytes come over a network.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(25);

    // Of fewer pieces each is news that others wait for.
    private const int ManyPieces = 128;

    // Of small pieces so many are hashed together, noted and told together; a piece that is written waits no longer for others.
    private const int MostAtOnce = 64;

    // Of pieces with more leaves each fills most of what is hashed at once by itself.
    private const int MostSharedLevels = 3;
    private const int MostSharedLeaves = 1 << MostSharedLevels;

    private readonly Stack<List<ActivePiece>> _spare = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _running;
    private int _scheduled;
    private ITimer? _timer;
    private bool _isWaiting;

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

    /// <summary>
    /// The same, but where more small pieces are about to come it waits for them a moment: each hop wakes a thread, and with
    /// it many neighbours, who are told. With no lock held.
    /// </summary>
    public void ScheduleSoon()
    {
        lock (transfer.Gate)
        {
            if (transfer.Queue is not { BytesToVerify: > 0 } queue) return;
            if (queue.BytesToVerify < HopBytes && transfer.Info!.PieceCount >= ManyPieces && !queue.IsAllReceived)
            {
                if (!_isWaiting) Wait();
                return;
            }
        }

        Schedule();
    }

    public void Dispose() => _timer?.Dispose();

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

    private void Wait()
    {
        _isWaiting = true;
        if (_timer is null) _timer = transfer.Time.CreateTimer(static state => ((PieceVerification)state!).EndWait(), this, Patience, Timeout.InfiniteTimeSpan);
        else _timer.Change(Patience, Timeout.InfiniteTimeSpan);
    }

    private void EndWait()
    {
        lock (transfer.Gate) _isWaiting = false;
        Schedule();
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

        var pieces = CollectionsMarshal.AsSpan(batch);
        for (; !pieces.IsEmpty; pieces = pieces[Math.Min(MostAtOnce, pieces.Length)..])
            VerifyAndWrite(pieces[..Math.Min(MostAtOnce, pieces.Length)]);
        var more = batch.Count > 0;
        batch.Clear();
        lock (transfer.Gate) _spare.Push(batch);
        return more;
    }

    /// <param name="pieces">What is written is moved to the front.</param>
    private void VerifyAndWrite(Span<ActivePiece> pieces)
    {
        Span<Hash256> roots = stackalloc Hash256[pieces.Length];
        FindRoots(pieces, roots);
        Span<int> written = stackalloc int[pieces.Length];
        var count = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            var active = pieces[i];
            if (roots[i] != transfer.Layers!.PieceHash(active.Piece))
            {
                transfer.Suspects.Add(active);
                continue;
            }

            if (!Write(active)) continue;
            pieces[count] = active;
            written[count++] = active.Piece;
        }

        if (count == 0) return;
        lock (transfer.Gate)
        {
            foreach (var active in pieces[..count]) transfer.Queue!.Complete(active);
        }

        transfer.OnPiecesWritten(written[..count]);
    }

    private void FindRoots(ReadOnlySpan<ActivePiece> pieces, Span<Hash256> roots)
    {
        // The blocks of small pieces, and small files, are hashed many at once; a larger piece has enough of its own.
        var blocks = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(pieces.Length * MostSharedLeaves);
        var count = 0;
        foreach (var active in pieces)
        {
            if (active.LeafCount > MostSharedLeaves) continue;
            for (var leaf = 0; leaf < active.LeafCount; leaf++) blocks[count++] = active.Leaf(leaf);
        }

        var leaves = ArrayPool<byte>.Shared.Rent(count * Hash256.Size);
        MerkleTree.HashEach(blocks.AsSpan(0, count), leaves.AsSpan(0, count * Hash256.Size));
        FindRoots(pieces, leaves.AsSpan(0, count * Hash256.Size), roots);
        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(blocks, clearArray: true);
        ArrayPool<byte>.Shared.Return(leaves);
    }

    private void FindRoots(ReadOnlySpan<ActivePiece> pieces, ReadOnlySpan<byte> leaves, Span<Hash256> roots)
    {
        var levels = LevelOf(pieces[0]);
        if (levels is > 0 and <= MostSharedLevels && AreWhole(pieces, levels))
        {
            Span<byte> together = stackalloc byte[leaves.Length / 2];
            MerkleTree.Roots(leaves, levels, together);
            for (var i = 0; i < pieces.Length; i++) roots[i] = new Hash256(together.Slice(i * Hash256.Size, Hash256.Size));
            return;
        }

        for (var i = 0; i < pieces.Length; i++)
        {
            var active = pieces[i];
            if (active.LeafCount > MostSharedLeaves)
            {
                roots[i] = MerkleTree.RootOfData(active.Data, LevelOf(active));
                continue;
            }

            roots[i] = MerkleTree.Root(leaves[..(active.LeafCount * Hash256.Size)], 0, LevelOf(active));
            leaves = leaves[(active.LeafCount * Hash256.Size)..];
        }
    }

    private bool AreWhole(ReadOnlySpan<ActivePiece> pieces, int levels)
    {
        foreach (var active in pieces)
            if (active.LeafCount != 1 << levels || LevelOf(active) != levels) return false;
        return true;
    }

    private int LevelOf(ActivePiece active) => transfer.Info!.Locate(active.Piece).File.Shape.PieceRootLevel;

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An exception on a hashing thread would end the process; it is the transfer's failure.")]
    private bool Write(ActivePiece active)
    {
        P2PShareException? failure;
        try
        {
            transfer.Storage!.WritePiece(active.Piece, active.Data);
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
