namespace P2PShare.Protocol.Wire;

/// <summary>Which lengths each message may have, so that a reader can refuse one before it reads on.</summary>
public static class MessageLengths
{
    /// <summary>Whether a message with that id may be <paramref name="messageLength"/> bytes long, id included. Ids unknown to us may have any length.</summary>
    public static bool IsPossible(MessageId id, int messageLength) => id switch
    {
        MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested
            or MessageId.HaveAll or MessageId.HaveNone => messageLength == 1,
        MessageId.Have or MessageId.Suggest or MessageId.AllowedFast => messageLength == 1 + PeerMessage.IndexSize,
        MessageId.Port => messageLength == 3,
        MessageId.Request or MessageId.Cancel or MessageId.RejectRequest => messageLength == 1 + BlockRequest.Size,
        MessageId.Piece => messageLength >= PieceHeader.Size,
        MessageId.Extended => messageLength >= 2,
        MessageId.HashRequest or MessageId.HashReject => messageLength == 1 + HashRequest.Size,
        MessageId.Hashes => messageLength > HashRequest.Size && (messageLength - 1 - HashRequest.Size) % Hash256.Size == 0,
        _ => messageLength >= 1,
    };

    /// <exception cref="WireException">A message with that id cannot be so long.</exception>
    public static void Check(MessageId id, int messageLength)
    {
        if (!IsPossible(id, messageLength)) Require(false, id.ToString(), messageLength);
    }

    internal static void Require(bool condition, string message, int length)
    {
        if (!condition) throw new WireException(WireErrorKind.WrongLength, $"A message '{message}' of {length} bytes.");
    }
}
