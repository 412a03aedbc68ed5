using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Offers;

/// <summary>A share that another peer offers this one.</summary>
/// <param name="Publisher">Who offers it: its publisher, proved by the link it came on.</param>
/// <param name="Share">Which of its shares.</param>
/// <param name="Received">When it came first, in UTC.</param>
/// <param name="State">What was decided.</param>
internal sealed record ReceivedOffer(PeerId Publisher, OfferedShare Share, DateTime Received, ReceivedOfferState State);
