using System.Net;
using System.Net.Sockets;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine;

/// <summary>The steps of a peer's start that can fail, in their order.</summary>
internal static class PeerComposition
{
    private const int PortsTried = 100;

    /// <param name="proveLater">Leaves it to the caller whether the file's certificates belong together.</param>
    /// <exception cref="P2PShareException">SwarmNotFound, SwarmFileInvalid, SwarmFileNotPrivate, SwarmFileIsAdmin, CertificateExpired.</exception>
    public static SwarmCredentials LoadCredentials(PeerOptions options, bool proveLater)
    {
        if (options.SwarmText is { } text) return SwarmCredentials.Parse(text, options.TimeProvider, proveLater);
        if (options.SwarmPath is { } path) return SwarmCredentials.Load(path, options.Force, options.TimeProvider, proveLater);
        throw new P2PShareException(
            ErrorKind.ObjectNotFound, ErrorIds.SwarmNotFound, "No swarm file was given.", null,
            "Give the swarm file: on the machine where the swarm was made it is called NAME.swarm.pem; copy it from there.");
    }

    /// <summary>The name to go by: the one the administrator granted, else the one that was asked for.</summary>
    /// <exception cref="P2PShareException">PeerNameTaken: another name than the granted one was asked for.</exception>
    public static string? ChooseName(SwarmCredentials credentials, PeerOptions options)
    {
        if (credentials.ReservedName is not { } reserved) return options.Name;
        if (options.Name is { } asked && !string.Equals(asked, reserved, StringComparison.Ordinal))
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument, ErrorIds.PeerNameTaken, $"The certificate of this machine is made out to '{reserved}', not to '{asked}'.", asked,
                "Leave the name out, or ask the administrator for a certificate with that name.");
        }

        return reserved;
    }

    /// <summary>
    /// Takes a port: the one asked for by number, and no other; else the remembered or usual one, or the next that is free.
    /// </summary>
    /// <param name="remembered">The port of the last run.</param>
    /// <param name="warning">Says so when it is another than expected.</param>
    /// <exception cref="P2PShareException">PortInUse, InvalidAddress.</exception>
    public static void Listen(SwarmTransport transport, PeerOptions options, int? remembered, out string? warning)
    {
        warning = null;
        var first = options.Port ?? remembered ?? PeerOptions.DefaultPort;
        for (var port = first; ; port++)
        {
            try
            {
                transport.Listen(port);
                if (port != first) warning = $"Port {first} is in use; this peer listens on port {port} and will do so from now on.";
                return;
            }
            catch (SocketException error) when (IsTaken(error) && options.Port is null && port < Math.Min(first + PortsTried, 65535))
            {
                // The next one is tried.
            }
            catch (SocketException error)
            {
                throw new P2PShareException(
                    IsTaken(error) ? ErrorKind.ResourceExists : ErrorKind.ConnectionError,
                    IsTaken(error) ? ErrorIds.PortInUse : ErrorIds.InvalidAddress,
                    IsTaken(error) ? $"Port {port} is in use or may not be used." : $"This peer cannot listen on {options.ListenAddress ?? "this machine"}, port {port}: {error.Message}",
                    port,
                    "Give another port, leave the port out to have a free one chosen, or stop what uses it.",
                    error);
            }
        }
    }

    /// <exception cref="P2PShareException">InvalidAddress.</exception>
    public static IPAddress? ParseListenAddress(string? text)
    {
        if (text is null) return null;
        return IPAddress.TryParse(text, out var address)
            ? address
            : throw new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.InvalidAddress, $"'{text}' is not an IP address to listen on.", text, "Give an address of this machine, such as 192.0.2.7 or ::1.");
    }

    private static bool IsTaken(SocketException error) => error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied;

    /// <summary>The identity, as the catalogue needs it.</summary>
    internal sealed class TrustAnchor(PeerIdentity identity) : ISwarmTrustAnchor
    {
        public bool TryValidatePeer(ReadOnlySpan<byte> certificate, NameGrant? grant, out string reason) =>
            identity.TryValidatePeer(certificate, grant, out _, out reason);
    }
}
