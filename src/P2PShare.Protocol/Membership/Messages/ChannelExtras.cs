namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What the opener of a channel would like to be sent without asking, and what the other side says follows its answer. Unknown bits are ignored.</summary>
[Flags]
public enum ChannelExtras
{
    None = 0,

    /// <summary>The info dictionary, as messages of BEP 9.</summary>
    Info = 1,

    /// <summary>The attributes blob, as messages of BEP 9.</summary>
    Attributes = 2,

    /// <summary>The piece layers of all files, as messages of BEP 52.</summary>
    PieceLayers = 4,

    /// <summary>The opener is interested (BEP 3), as if it had said so on the channel.</summary>
    Interest = 8,
}
