namespace P2PShare.Protocol.Wire;

/// <summary>Who may open which channel of a link: the dialler opens odd numbers, the acceptor even ones, so both can open at once.</summary>
public static class ChannelNumber
{
    /// <summary>Membership, which needs no opening.</summary>
    public const uint Membership = 0;

    /// <summary>The first number a side opens: 1 for the dialler, 2 for the acceptor; the next is 2 higher.</summary>
    public static uint First(bool dialler) => dialler ? 1u : 2u;

    /// <summary>Whether the side in question may open that number.</summary>
    public static bool MayOpen(uint channel, bool dialler) => channel != Membership && (channel & 1) == (dialler ? 1u : 0u);

    /// <summary>When both sides opened a channel for the same share, the number of the one that stays.</summary>
    public static uint Survivor(uint one, uint other) => Math.Min(one, other);
}
