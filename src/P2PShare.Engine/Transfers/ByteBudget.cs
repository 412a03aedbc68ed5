namespace P2PShare.Engine.Transfers;

/// <summary>A limit on bytes that several parties share: what is asked for and not here yet. Safe for several threads.</summary>
internal sealed class ByteBudget(long capacity)
{
    private long _used;

    public long Capacity { get; } = capacity;

    public long Used => Interlocked.Read(ref _used);

    /// <summary>Takes bytes if they fit, or without regard to the limit when <paramref name="force"/>.</summary>
    public bool TryTake(int bytes, bool force = false)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (force || used <= Capacity) return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
