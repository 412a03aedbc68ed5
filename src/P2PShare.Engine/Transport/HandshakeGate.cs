namespace P2PShare.Engine.Transport;

/// <summary>
/// Lets few handshakes run at once, in the order they came. A handshake costs CPU: of two hundred begun together all are late,
/// and may be given up by the other end; one after the other all but the last are early. Who stalls gives its place up.
/// </summary>
internal sealed class HandshakeGate(int most, TimeProvider time) : IDisposable
{
    // Longer than any handshake takes that is not waiting for the other end.
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _places = new(most);

    /// <summary>Runs a handshake when there is a place for it.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled while it waited.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> handshake, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        var held = 1;
        void GiveUp()
        {
            try
            {
                if (Interlocked.Exchange(ref held, 0) != 0) _places.Release();
            }
            catch (ObjectDisposedException)
            {
                // The peer has stopped meanwhile.
            }
        }

        await using var timer = time.CreateTimer(_ => GiveUp(), null, LongestHold, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        try
        {
            return await handshake().ConfigureAwait(false);
        }
        finally
        {
            GiveUp();
        }
    }

    public void Dispose() => _places.Dispose();
}
