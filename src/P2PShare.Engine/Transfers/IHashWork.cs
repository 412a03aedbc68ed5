namespace P2PShare.Engine.Transfers;

/// <summary>Work for <see cref="HashWorkers"/>; an object that lives on, so that queueing it allocates nothing.</summary>
internal interface IHashWork
{
    /// <summary>Runs on a hashing thread; it may hash, read and write disks, and must not throw.</summary>
    void Run();
}
