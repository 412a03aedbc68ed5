using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Transport;

/// <summary>Whether this system can do what links need, found out by one handshake with oneself over loopback.</summary>
public static class TlsSelfTest
{
    /// <exception cref="P2PShareException">Tls13Unavailable, naming the system.</exception>
    public static async Task RunAsync(PeerIdentity identity, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var authenticator = new TlsAuthenticator(identity, timeProvider);
        try
        {
            var (accepted, dialled) = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            var server = authenticator.AuthenticateAsServerAsync(accepted, cancellationToken);
            var client = authenticator.AuthenticateAsClientAsync(dialled, cancellationToken);
            try
            {
                await Task.WhenAll(server, client).ConfigureAwait(false);
            }
            finally
            {
                // A side that failed has closed its stream already.
                foreach (var side in new[] { server, client })
                {
                    if (side.IsCompletedSuccessfully) await (await side.ConfigureAwait(false)).Stream.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new P2PShareException(
                ErrorKind.ResourceUnavailable,
                ErrorIds.Tls13Unavailable,
                $"This system ({RuntimeInformation.OSDescription.Trim()}, .NET {Environment.Version}) cannot make a mutual TLS 1.3 connection with itself: {e.GetBaseException().Message}",
                RuntimeInformation.OSDescription.Trim(),
                "A peer needs Windows 11, Windows Server 2022 or later, or Linux with OpenSSL 1.1.1 or later, and TLS 1.3 must not be switched off by a policy.",
                e);
        }
    }

    private static async Task<(Stream Accepted, Stream Dialled)> ConnectAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await dialled.ConnectAsync(listener.LocalEndPoint!, cancellationToken).ConfigureAwait(false);
            var accepted = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            accepted.NoDelay = true;
            return (new NetworkStream(accepted, ownsSocket: true), new NetworkStream(dialled, ownsSocket: true));
        }
        catch
        {
            dialled.Dispose();
            throw;
        }
    }
}
