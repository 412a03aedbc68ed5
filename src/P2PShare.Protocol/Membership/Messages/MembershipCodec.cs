using System.Diagnostics.CodeAnalysis;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>Turns messages of channel 0 into bytes and back.</summary>
public static class MembershipCodec
{
    /// <summary>The message's payload: what follows length and type.</summary>
    /// <exception cref="ArgumentException">A value that no receiver would accept, or more than <see cref="MembershipLimits.MaxPayload"/>.</exception>
    public static byte[] Encode(MembershipMessage message) => Write(message).ToArray();

    /// <summary>Types and payloads of many messages, one at a time: each payload is valid until the next is asked for.</summary>
    /// <exception cref="ArgumentException">As <see cref="Encode"/>.</exception>
    public static IEnumerable<(byte Type, ReadOnlyMemory<byte> Payload)> EncodeAll(IEnumerable<MembershipMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Encoded(messages);

        static IEnumerable<(byte Type, ReadOnlyMemory<byte> Payload)> Encoded(IEnumerable<MembershipMessage> messages)
        {
            var writer = new BencodeWriter();
            foreach (var message in messages)
            {
                writer.Reset();
                Write(message, writer);
                yield return ((byte)message.Type, writer.WrittenMemory);
            }
        }
    }

    /// <summary>The whole frame: channel 0, length, type, payload.</summary>
    /// <exception cref="ArgumentException">As <see cref="Encode"/>.</exception>
    public static byte[] EncodeFrame(MembershipMessage message)
    {
        var payload = Write(message).WrittenSpan;
        var frame = new byte[FrameHeader.Size + 1 + payload.Length];
        new FrameHeader(ChannelNumber.Membership, 1 + payload.Length).Write(frame);
        frame[FrameHeader.Size] = (byte)message.Type;
        payload.CopyTo(frame.AsSpan(FrameHeader.Size + 1));
        return frame;
    }

    /// <summary>Reads a payload.</summary>
    /// <returns>False for a type this version does not know, which is to be ignored.</returns>
    /// <exception cref="MembershipException">The payload is not what its type says.</exception>
    public static bool TryDecode(MembershipMessageType type, ReadOnlySpan<byte> payload, [NotNullWhen(true)] out MembershipMessage? message)
    {
        var limit = type == MembershipMessageType.SnapshotPage ? MembershipLimits.MaxPage : MembershipLimits.MaxPayload;
        if (payload.Length > limit)
            throw new MembershipException(MembershipErrorKind.TooLong, $"A message '{type}' of {payload.Length} bytes; the limit is {limit}.");
        message = type switch
        {
            MembershipMessageType.Hello => Hello.Parse(payload),
            MembershipMessageType.Welcome => Welcome.Parse(payload),
            MembershipMessageType.Refused => Refused.Parse(payload),
            MembershipMessageType.Goodbye => Goodbye.Parse(payload),
            MembershipMessageType.OpenChannel => OpenChannel.Parse(payload),
            MembershipMessageType.ChannelOpened => ChannelOpened.Parse(payload),
            MembershipMessageType.ChannelRejected => ChannelRejected.Parse(payload),
            MembershipMessageType.CloseChannel => CloseChannel.Parse(payload),
            MembershipMessageType.CallMeBack => CallMeBack.Parse(payload),
            MembershipMessageType.Join => Join.Parse(payload),
            MembershipMessageType.Joined => Joined.Parse(payload),
            MembershipMessageType.Status => SwarmStatus.Parse(payload),
            MembershipMessageType.SnapshotPage => SnapshotPage.Parse(payload),
            MembershipMessageType.Update => Update.Parse(payload),
            MembershipMessageType.Publish => Publish.Parse(payload),
            MembershipMessageType.Leave => Leave.Parse(payload),
            MembershipMessageType.Ping => Ping.Parse(payload),
            MembershipMessageType.Pong => Pong.Parse(payload),
            MembershipMessageType.TakeOver => TakeOver.Parse(payload),
            MembershipMessageType.ConfirmCoordinator => ConfirmCoordinator.Parse(payload),
            MembershipMessageType.Relay => Relay.Parse(payload),
            MembershipMessageType.Unreachable => Unreachable.Parse(payload),
            MembershipMessageType.Offer => Offer.Parse(payload),
            MembershipMessageType.OfferAnswer => OfferAnswer.Parse(payload),
            MembershipMessageType.ProgressSubscribe => ProgressSubscribe.Parse(payload),
            MembershipMessageType.Progress => Progress.Parse(payload),
            MembershipMessageType.DialBack => DialBack.Parse(payload),
            MembershipMessageType.DialBackAnswer => DialBackAnswer.Parse(payload),
            _ => null,
        };
        return message is not null;
    }

    private static BencodeWriter Write(MembershipMessage message, BencodeWriter? writer = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        writer ??= new BencodeWriter();
        message.Write(writer);
        var limit = message is SnapshotPage ? MembershipLimits.MaxPage : MembershipLimits.MaxPayload;
        return writer.Length <= limit
            ? writer
            : throw new ArgumentException($"A message '{message.Type}' of {writer.Length} bytes; the limit is {limit}.", nameof(message));
    }
}
