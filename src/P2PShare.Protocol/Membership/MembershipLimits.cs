using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Wire;

namespace P2PShare.Protocol.Membership;

/// <summary>How much a message of channel 0, or a record, may hold. Lengths of text are in UTF-8 bytes.</summary>
public static class MembershipLimits
{
    /// <summary>The protocol's version, in hello and welcome.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>A message's payload: what a frame holds besides the type.</summary>
    public const int MaxPayload = FrameHeader.MaxMessageLength - 1;

    /// <summary>A page of a snapshot, an update or a publication, as sent: 256 KiB, so that other messages come between.</summary>
    public const int MaxPage = 256 * 1024;

    /// <summary>A peer's or a share's name.</summary>
    public const int MaxName = 255;

    /// <summary>The name and version of the software.</summary>
    public const int MaxSoftware = 64;

    /// <summary>The text beside a reason.</summary>
    public const int MaxReasonText = 512;

    /// <summary>Addresses of one peer.</summary>
    public const int MaxAddresses = 32;

    /// <summary>A leaf certificate, in DER.</summary>
    public const int MaxCertificate = 4 * 1024;

    /// <summary>A name grant, encoded.</summary>
    public const int MaxGrant = 1024;

    /// <summary>A record's body of any kind.</summary>
    public const int MaxBody = 128 * 1024;

    /// <summary>Items of one holdings part.</summary>
    public const int MaxHoldings = 2000;

    /// <summary>Parts of one peer's holdings, as the coordinator lists them.</summary>
    public const int MaxParts = 10_000;

    /// <summary>Shares of one offer, or of one answer to offers.</summary>
    public const int MaxOffers = 100;

    /// <summary>Peers in one progress message: together with its head, less than 8 KiB.</summary>
    public const int MaxProgressItems = 200;

    /// <summary>For how many seconds progress is asked for at most.</summary>
    public const int MaxProgressLease = 60;

    /// <summary>2^53 - 1: the largest version, term, sequence or join number, so that whatever reads JSON reads it exactly.</summary>
    public const long MaxNumber = (1L << 53) - 1;

    /// <summary>The highest term that is believed: no swarm comes near it by electing, and from it on nobody could count further.</summary>
    public const long MaxTerm = 1L << 48;

    /// <summary>The version a record gets next: later than what is stored, and than any clock before.</summary>
    public static long NextVersion(long stored, long unixTimeMilliseconds) => Math.Max(stored + 1, unixTimeMilliseconds);

    internal static BencodeLimits Bencode { get; } = new() { MaxDepth = 16, MaxTokens = 200_000 };
}
