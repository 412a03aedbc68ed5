namespace P2PShare.Protocol.Membership;

/// <summary>What became of an offered share. A number unknown to the reader is <see cref="Other"/>.</summary>
public enum OfferOutcome
{
    /// <summary>Something that this version has no word for; counts as <see cref="Listed"/>.</summary>
    Other = 0,

    /// <summary>It is being received.</summary>
    Accepted = 1,

    /// <summary>It waits for a person to receive or decline it.</summary>
    Listed = 2,

    /// <summary>It was declined; not to be offered again unless its sender is told to.</summary>
    Declined = 3,

    /// <summary>Too many offers wait there; try again later.</summary>
    Busy = 4,

    /// <summary>Its share record has not arrived there yet; try again soon.</summary>
    Unknown = 5,

    /// <summary>It was accepted and could not be received.</summary>
    Failed = 6,

    /// <summary>All of it is there.</summary>
    Complete = 7,
}
