namespace P2PShare.Engine.Transfers;

/// <summary>A running transfer. Its members may be called from any thread.</summary>
public interface ITransfer
{
    /// <summary>Where it stands now.</summary>
    TransferInfo GetSnapshot();

    /// <summary>
    /// Ends with the last snapshot when the transfer is Completed; with a <see cref="Errors.P2PShareException"/> when it
    /// Failed; is cancelled when it was suspended or stopped.
    /// </summary>
    Task<TransferInfo> Completion { get; }

    /// <summary>
    /// Changes its own limits, in bytes per second; null for none. They hold beside those of the peer, at once and over
    /// restarts; for a published share the upload limit alone means something.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    void SetLimits(long? uploadLimit, long? downloadLimit);

    /// <summary>Stops for now; what is verified stays, and <see cref="IPeer.ReceiveAsync"/> or a restart of the peer with ResumeAsync goes on.</summary>
    Task SuspendAsync(CancellationToken cancellationToken);

    /// <summary>Goes on after <see cref="SuspendAsync"/>.</summary>
    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Ends it for good and removes its partial files unless <paramref name="keepPartial"/>.</summary>
    Task StopAsync(bool keepPartial, CancellationToken cancellationToken);
}
