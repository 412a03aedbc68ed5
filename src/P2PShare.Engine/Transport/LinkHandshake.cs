using System.Reflection;
using P2PShare.Engine.Errors;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>The first frames of a link: the dialler's hello, the acceptor's welcome or refusal.</summary>
internal static class LinkHandshake
{
    private const int MaxFirstMessage = 4096;

    public static string SoftwareVersion { get; } =
        "P2PShare " + (typeof(LinkHandshake).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    /// <summary>The dialler's side: says hello and reads the answer.</summary>
    /// <exception cref="P2PShareException">PeerRefused.</exception>
    public static async Task<LinkIdentity> DialAsync(
        AuthenticatedConnection stream, NetworkConnection connection, BootNonce nonce, int listenPort, TimeProvider time, CancellationToken cancellationToken, bool isProbe = false)
    {
        var started = time.GetTimestamp();
        await WriteAsync(
            stream.Stream,
            new Hello { Software = SoftwareVersion, Nonce = nonce, ListenPort = listenPort, Observed = AddressText.Canonical(connection.Remote), IsProbe = isProbe },
            cancellationToken).ConfigureAwait(false);
        (MembershipMessageType Type, byte[] Payload)? answer;
        try
        {
            answer = await ReadAsync(stream.Stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or ProtocolException)
        {
            throw Refused(connection, error is ProtocolException ? error.Message : "it closed the connection", error);
        }

        // In TLS 1.3 a refused client sees its own handshake succeed, then the end of the stream.
        if (answer is null) throw Refused(connection, "refused by peer: it closed the connection without a reason (another swarm, or a certificate that it does not accept)");
        switch (answer.Value.Type)
        {
            case MembershipMessageType.Refused:
                var refused = Protocol.Membership.Messages.Refused.Parse(answer.Value.Payload);
                throw Refused(connection, $"{Describe(refused.Reason)}{(refused.Text.Length > 0 ? ": " + refused.Text : "")}");
            case MembershipMessageType.Welcome:
                var welcome = Welcome.Parse(answer.Value.Payload);
                var roundTrip = time.GetElapsedTime(started);
                return new LinkIdentity
                {
                    Remote = stream.Remote,
                    MemberLeaf = stream.MemberLeaf,
                    RemoteNonce = welcome.Nonce,
                    Dialled = true,
                    RemoteEndPoint = connection.Remote,
                    RemotePort = welcome.ListenPort,
                    ObservedAddress = welcome.Observed,
                    RemoteVersion = welcome.Software,
                    RoundTripTime = roundTrip,
                    ClockDifference = DateTimeOffset.FromUnixTimeMilliseconds(welcome.UnixTimeMilliseconds) - time.GetUtcNow() + roundTrip / 2,
                };
            default:
                throw Refused(connection, $"it answered with message {answer.Value.Type} instead of a welcome");
        }
    }

    /// <summary>The acceptor's side, first half: reads the hello.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static async Task<LinkIdentity?> ReadHelloAsync(AuthenticatedConnection stream, NetworkConnection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var first = await ReadAsync(stream.Stream, cancellationToken).ConfigureAwait(false);
        if (first is null) return null;
        if (first.Value.Type != MembershipMessageType.Hello) throw new WireException(WireErrorKind.InvalidChannel, $"It began with message {first.Value.Type} instead of a hello.");
        var hello = Hello.Parse(first.Value.Payload);
        if (hello.ProtocolVersion != MembershipLimits.ProtocolVersion)
        {
            await RefuseAsync(stream.Stream, RefusalReason.ProtocolVersion, $"this peer speaks version {MembershipLimits.ProtocolVersion}", cancellationToken).ConfigureAwait(false);
            throw new WireException(WireErrorKind.InvalidExtension, $"It speaks version {hello.ProtocolVersion} of the protocol; this peer speaks {MembershipLimits.ProtocolVersion}.");
        }

        return new LinkIdentity
        {
            Remote = stream.Remote,
            MemberLeaf = stream.MemberLeaf,
            RemoteNonce = hello.Nonce,
            Dialled = false,
            RemoteEndPoint = connection.Remote,
            RemotePort = hello.ListenPort,
            ObservedAddress = hello.Observed,
            RemoteVersion = hello.Software,
            IsProbe = hello.IsProbe,
            RoundTripTime = time.GetElapsedTime(started),
        };
    }

    /// <summary>The acceptor's side, second half.</summary>
    public static Task WelcomeAsync(Stream stream, NetworkConnection connection, BootNonce nonce, int listenPort, TimeProvider time, CancellationToken cancellationToken) =>
        WriteAsync(
            stream,
            new Welcome
            {
                Software = SoftwareVersion,
                Nonce = nonce,
                ListenPort = listenPort,
                Observed = AddressText.Canonical(connection.Remote),
                UnixTimeMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancellationToken);

    public static Task RefuseAsync(Stream stream, RefusalReason reason, string text, CancellationToken cancellationToken) =>
        WriteAsync(stream, new Refused(reason, text), cancellationToken);

    public static string Describe(RefusalReason reason) => reason switch
    {
        RefusalReason.ProtocolVersion => "it speaks another version of the protocol",
        RefusalReason.DuplicateIdentity => "another running peer has the same identity (a copied machine or state directory?)",
        RefusalReason.AlreadyConnected => "it is connected already",
        RefusalReason.Full => "it has no room for more connections",
        RefusalReason.ShuttingDown => "it is stopping",
        RefusalReason.NameTaken => "the name is taken in the swarm",
        RefusalReason.Revoked => "the certificate has been revoked",
        RefusalReason.NotAllowed => "it does not allow this peer",
        _ => "refused",
    };

    private static P2PShareException Refused(NetworkConnection connection, string reason, Exception? inner = null) => new(
        ErrorKind.ConnectionError, ErrorIds.PeerRefused, $"The peer at {connection.RemoteText} refused the connection: {reason}.", connection.RemoteText,
        "Check that the address is a peer of this swarm and that both machines use the swarm file of the same swarm.", inner);

    private static async Task WriteAsync(Stream stream, MembershipMessage message, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(MembershipCodec.EncodeFrame(message), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(MembershipMessageType Type, byte[] Payload)?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        // Exactly the frame and not a byte more: what follows belongs to the link's reader.
        var head = new byte[FrameHeader.Size];
        var got = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (got == 0) return null;
        if (got < head.Length) throw new WireException(WireErrorKind.WrongLength, "The connection ended in the middle of its first message.");
        var header = FrameHeader.Read(head);
        if (header.Channel != ChannelNumber.Membership || header.MessageLength is < 1 or > MaxFirstMessage)
            throw new WireException(WireErrorKind.WrongLength, $"Its first message is {header.MessageLength} bytes long on channel {header.Channel}.");
        var message = new byte[header.MessageLength];
        await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return ((MembershipMessageType)message[0], message[1..]);
    }
}
