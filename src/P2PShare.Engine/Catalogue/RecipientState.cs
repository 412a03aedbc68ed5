namespace P2PShare.Engine.Catalogue;

/// <summary>How far a share has come with one peer it is meant for.</summary>
public enum RecipientState
{
    /// <summary>It was not offered the share and has none of it.</summary>
    None,

    /// <summary>The offer has not reached it: it is away, cannot be reached, or has not answered yet. It is tried again.</summary>
    Undelivered,

    /// <summary>It lists the offer; somebody there receives it or declines.</summary>
    Listed,

    /// <summary>It is receiving the share.</summary>
    Receiving,

    /// <summary>It has all of it, or had.</summary>
    Complete,

    /// <summary>It declined the offer.</summary>
    Declined,

    /// <summary>It took the offer and could not receive the share.</summary>
    Failed,
}
