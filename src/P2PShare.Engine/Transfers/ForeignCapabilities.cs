using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>What both ends of a foreign connection announced in the reserved bytes of their handshakes; between members all of it is understood.</summary>
/// <param name="Fast">Fast extension (BEP 6).</param>
/// <param name="Extended">Extension protocol (BEP 10).</param>
/// <param name="V2">Hash messages (BEP 52): the connection is for the truncated v2 info-hash, or both can upgrade.</param>
internal readonly record struct ForeignCapabilities(bool Fast, bool Extended, bool V2)
{
    public static ForeignCapabilities All => new(true, true, true);

    /// <summary>What a handshake for the truncated v2 info-hash announced; whoever names that hash speaks v2.</summary>
    public static ForeignCapabilities Of(HandshakeFeatures features) =>
        new(features.HasFlag(HandshakeFeatures.Fast), features.HasFlag(HandshakeFeatures.Extensions), V2: true);
}
