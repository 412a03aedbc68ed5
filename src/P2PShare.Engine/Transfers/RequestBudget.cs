namespace P2PShare.Engine.Transfers;

/// <summary>What a transfer may ask for: the process's budget of bytes under way, and the limits of process and transfer.</summary>
internal sealed class RequestBudget(TransferResources resources, RateLimiter transferLimit)
{
    /// <summary>Whether a limit is set, so that requests are handed out in turns.</summary>
    public bool IsLimited => resources.DownloadLimit.IsLimited || transferLimit.IsLimited;

    /// <summary>Whether the limits let nothing through at the moment.</summary>
    public bool IsRateUsedUp => !transferLimit.HasTokens || !resources.DownloadLimit.HasTokens;

    /// <summary>Whether as much is under way as should be.</summary>
    public bool IsFull => resources.Outstanding.Used >= resources.Outstanding.Capacity;

    /// <summary>Bytes are asked for.</summary>
    public void Take(int bytes)
    {
        resources.Outstanding.TryTake(bytes, force: true);
        Charge(bytes);
    }

    /// <summary>Bytes that were asked for begin to come in.</summary>
    public void Arrive(int bytes) => resources.Outstanding.Return(bytes);

    /// <summary>Bytes that were asked for are not wanted any more, or will not come.</summary>
    public void Return(int bytes)
    {
        resources.Outstanding.Return(bytes);
        resources.DownloadLimit.Return(bytes);
        transferLimit.Return(bytes);
    }

    /// <summary>Bytes come that were taken back: they use the line all the same.</summary>
    public void Charge(int bytes)
    {
        resources.DownloadLimit.Take(bytes);
        transferLimit.Take(bytes);
    }
}
