using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>
/// Finds the one of several addresses that leads to a peer (RFC 8305): one after the other in short intervals, families in
/// turn, none waiting for the one before to fail. The first behind which the right peer proves itself is used.
/// </summary>
internal sealed class Dialler(INetwork network, ILinkAuthenticator authenticator, PeerId self, TransportOptions options, TimeProvider time) : IDisposable
{
    // Handshakes cost CPU at both ends: a swarm that moves at once must not make them all at once.
    private readonly HandshakeGate _handshakes = new(options.MaxHandshakes, time);

    public void Dispose() => _handshakes.Dispose();

    /// <summary>Connects, proves and greets.</summary>
    /// <param name="target">What is dialled, for messages: the one address, or a peer's name.</param>
    /// <param name="addresses">Where it may be, best first; names are resolved.</param>
    /// <param name="expected">Who must be there; null for any member.</param>
    /// <param name="onConnected">Called when something answers at one of the addresses, before it has proved anything.</param>
    /// <param name="greet">Makes use of the proven connection, and owns it; a <see cref="DialFailure"/> lets the other addresses be tried.</param>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused: names each address and why it did not do.</exception>
    public async Task<T> DialAsync<T>(
        string target, IReadOnlyList<DnsEndPoint> addresses, PeerId? expected, Func<DialledConnection, CancellationToken, Task<T>> greet, CancellationToken cancellationToken, Action? onConnected = null)
    {
        var failures = new List<DialFailure>();
        var candidates = await ResolveAsync(addresses, failures, cancellationToken).ConfigureAwait(false);
        var left = candidates.ToList();
        while (await RaceAsync(left, expected, onConnected, failures, cancellationToken).ConfigureAwait(false) is { } connection)
        {
            try
            {
                return await greet(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (DialFailure failure)
            {
                failures.Add(failure);
                left.Remove(connection.Address);
            }
        }

        var order = candidates.Select(Addresses.Format).ToList();
        throw DialFailure.Combine(target, [.. failures.OrderBy(failure => order.IndexOf(failure.Address))]);
    }

    private async Task<List<DnsEndPoint>> ResolveAsync(IReadOnlyList<DnsEndPoint> addresses, List<DialFailure> failures, CancellationToken cancellationToken)
    {
        var resolved = new List<(IPAddress Address, int Port)>();
        foreach (var address in addresses)
        {
            if (IPAddress.TryParse(address.Host, out var ip))
            {
                resolved.Add((ip, address.Port));
                continue;
            }

            using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                resolved.AddRange((await network.ResolveAsync(address.Host, limit.Token).ConfigureAwait(false)).Select(found => (found, address.Port)));
            }
            catch (IOException error)
            {
                failures.Add(DialFailure.Unreachable(Addresses.Format(address), error.Message, error));
            }
            catch (OperationCanceledException error) when (timeout.IsCancellationRequested)
            {
                failures.Add(DialFailure.Unreachable(Addresses.Format(address), $"the name was not resolved within {options.ConnectTimeout.TotalSeconds:0} s", error));
            }
        }

        return [.. Interleave([.. resolved.Distinct()]).Select(found => new DnsEndPoint(found.Address.ToString(), found.Port))];
    }

    // A machine with a broken family must not be sent through all addresses of that family first.
    private static IEnumerable<(IPAddress Address, int Port)> Interleave(IReadOnlyList<(IPAddress Address, int Port)> found)
    {
        if (found.Count == 0) yield break;
        var first = found[0].Address.AddressFamily;
        var left = new Queue<(IPAddress, int)>(found.Where(one => one.Address.AddressFamily == first));
        var right = new Queue<(IPAddress, int)>(found.Where(one => one.Address.AddressFamily != first));
        while (left.Count + right.Count > 0)
        {
            if (left.TryDequeue(out var next)) yield return next;
            if (right.TryDequeue(out next)) yield return next;
        }
    }

    /// <summary>The first connection that proves itself; null when none does. Those that failed are taken out of <paramref name="candidates"/>.</summary>
    private async Task<DialledConnection?> RaceAsync(List<DnsEndPoint> candidates, PeerId? expected, Action? onConnected, List<DialFailure> failures, CancellationToken cancellationToken)
    {
        using var race = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = new Queue<DnsEndPoint>(candidates);
        var running = new Dictionary<Task<DialledConnection>, DnsEndPoint>();
        try
        {
            while (waiting.Count + running.Count > 0)
            {
                if (waiting.TryDequeue(out var next)) running.Add(OpenAsync(next, expected, onConnected, race.Token), next);
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(race.Token);
                var stagger = Task.Delay(waiting.Count > 0 ? options.DialStagger : Timeout.InfiniteTimeSpan, time, pause.Token);
                var ended = await Task.WhenAny([stagger, .. running.Keys]).ConfigureAwait(false);
                await pause.CancelAsync().ConfigureAwait(false);
                if (ended == stagger)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                running.Remove((Task<DialledConnection>)ended, out var address);
                try
                {
                    return await ((Task<DialledConnection>)ended).ConfigureAwait(false);
                }
                catch (DialFailure failure)
                {
                    failures.Add(failure);
                    candidates.Remove(address!);
                }
            }

            return null;
        }
        finally
        {
            await race.CancelAsync().ConfigureAwait(false);
            foreach (var loser in running.Keys) _ = DiscardAsync(loser);
        }
    }

    private static async Task DiscardAsync(Task<DialledConnection> loser)
    {
        try
        {
            await (await loser.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is DialFailure or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It did not come as far as a connection.
        }
    }

    private async Task<DialledConnection> OpenAsync(DnsEndPoint address, PeerId? expected, Action? onConnected, CancellationToken cancellationToken)
    {
        var text = Addresses.Format(address);
        var connection = await ConnectAsync(address, text, cancellationToken).ConfigureAwait(false);
        onConnected?.Invoke();
        try
        {
            var proven = await _handshakes.RunAsync(() => ProveAsync(connection, text, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (proven.Remote == self) throw DialFailure.Self(text);
            if (expected is { } wanted && proven.Remote != wanted) throw DialFailure.Refused(text, "another peer is there than was looked for");
            return new DialledConnection(address, connection, proven);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<NetworkConnection> ConnectAsync(DnsEndPoint address, string text, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await network.ConnectAsync(address, limit.Token).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw DialFailure.Unreachable(text, error.Message, error);
        }
        catch (OperationCanceledException error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw DialFailure.Unreachable(text, $"no answer within {options.ConnectTimeout.TotalSeconds:0} s", error);
        }
    }

    private async Task<AuthenticatedConnection> ProveAsync(NetworkConnection connection, string text, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.HandshakeTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await authenticator.AuthenticateAsClientAsync(connection.Stream, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw DialFailure.Refused(text, $"it did not complete the handshake within {options.HandshakeTimeout.TotalSeconds:0} s (something else than a P2PShare peer?)");
        }
        catch (P2PShareException refused)
        {
            throw DialFailure.Refused(text, refused.Message, refused);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException or ProtocolException)
        {
            throw DialFailure.Refused(text, error is ProtocolException ? error.Message : "the connection broke during the handshake", error);
        }
    }
}
