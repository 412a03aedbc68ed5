using System.Net;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>What both ends said of themselves when a link came up.</summary>
internal sealed record LinkIdentity
{
    public required PeerId Remote { get; init; }

    /// <summary>The leaf (DER) by which it proved to be an ordinary member; empty when it is a named machine.</summary>
    public ReadOnlyMemory<byte> MemberLeaf { get; init; }

    public required BootNonce RemoteNonce { get; init; }

    /// <summary>Whether this side dialled.</summary>
    public required bool Dialled { get; init; }

    /// <summary>Where the other end was seen; for a dialled link, where it was dialled.</summary>
    public required IPEndPoint RemoteEndPoint { get; init; }

    /// <summary>The port the other end listens on.</summary>
    public required int RemotePort { get; init; }

    /// <summary>Where the other end sees this peer; null when it does not say.</summary>
    public IPEndPoint? ObservedAddress { get; init; }

    /// <summary>Whether the dialler only wanted to know that this peer can be dialled.</summary>
    public bool IsProbe { get; init; }

    public string RemoteVersion { get; init; } = "";

    /// <summary>The other end's clock less ours, roughly; null when it was not told.</summary>
    public TimeSpan? ClockDifference { get; init; }

    /// <summary>From hello to welcome.</summary>
    public TimeSpan RoundTripTime { get; init; }
}
