using System.Collections.Concurrent;
using System.Net.Sockets;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>Takes connections from the one port for everything: the first byte tells TLS from plain BitTorrent.</summary>
internal sealed class ConnectionAcceptor(INetworkListener listener, SwarmTransport transport, TransportOptions options, TimeProvider time)
{
    private const int TlsHandshakeRecord = 0x16;

    private readonly HalfOpenGate _halfOpen = new(options.MaxHalfOpen, options.MaxHalfOpenPerAddress);
    private readonly HalfOpenGate _foreign = new(options.MaxHalfOpen, options.MaxForeignPerAddress);
    private readonly ConcurrentDictionary<Task, byte> _running = new();

    public int Port => listener.Port;

    /// <summary>Accepts until the listener is disposed, then waits for the connections to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            {
                var address = connection.Remote.Address;
                if (!_halfOpen.TryEnter(address))
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                var serving = ServeAsync(connection, cancellationToken);
                _running.TryAdd(serving, 0);
                _ = serving.ContinueWith(task => _running.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException)
        {
            // The peer is stopping.
        }

        await Task.WhenAll(_running.Keys).ConfigureAwait(false);
    }

    private async Task<NetworkConnection?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // Out of handles or memory for the moment: the listener itself is sound.
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(NetworkConnection connection, CancellationToken cancellationToken)
    {
        var address = connection.Remote.Address;
        Func<Task>? run = null;
        try
        {
            using var timeout = new CancellationTokenSource(options.HandshakeTimeout, time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                await Task.Yield();
                run = await connection.PeekByteAsync(limit.Token).ConfigureAwait(false) switch
                {
                    TlsHandshakeRecord => await transport.AcceptLinkAsync(connection, limit.Token).ConfigureAwait(false),
                    Handshake.FirstByte => await AcceptForeignAsync(connection, limit.Token).ConfigureAwait(false),
                    -1 => null,
                    _ => throw new WireException(WireErrorKind.NotBitTorrent, "neither TLS nor BitTorrent"),
                };
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                transport.ReportRefused(connection.RemoteText, $"no handshake within {options.HandshakeTimeout.TotalSeconds:0} s");
            }
        }
        catch (P2PShareException error)
        {
            transport.ReportRefused(connection.RemoteText, error.Message);
        }
        catch (ProtocolException error)
        {
            transport.ReportRefused(connection.RemoteText, error.Message);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It went away by itself, or this peer is stopping.
        }
        finally
        {
            _halfOpen.Leave(address);
        }

        if (run is null)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return;
        }

        await run().ConfigureAwait(false);
    }

    private async Task<Func<Task>?> AcceptForeignAsync(NetworkConnection connection, CancellationToken cancellationToken)
    {
        var bytes = new byte[Handshake.Size];
        await connection.Stream.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        var remote = Handshake.Read(bytes);
        var handler = transport.AcceptForeign(remote);
        if (handler is null)
        {
            transport.ReportRefused(connection.RemoteText, "plain BitTorrent for a share that is not open");
            return null;
        }

        var address = connection.Remote.Address;
        if (!_foreign.TryEnter(address)) return null;
        await transport.SendForeignHandshakeAsync(connection, remote.InfoHash.ToArray(), cancellationToken).ConfigureAwait(false);
        return async () =>
        {
            try
            {
                using var foreign = new ForeignConnection(connection, handler, options, time);
                await foreign.RunAsync(transport.Stopping).ConfigureAwait(false);
            }
            finally
            {
                _foreign.Leave(address);
            }
        };
    }
}
