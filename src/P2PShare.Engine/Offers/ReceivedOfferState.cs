namespace P2PShare.Engine.Offers;

/// <summary>What was decided about an offer.</summary>
internal enum ReceivedOfferState
{
    /// <summary>Nothing yet: a person decides.</summary>
    Listed,

    /// <summary>It is being received.</summary>
    Accepted,

    /// <summary>It is not wanted.</summary>
    Declined,
}
