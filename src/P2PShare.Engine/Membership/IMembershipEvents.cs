using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

/// <summary>What the membership tells the peer it belongs to. Called from the membership's own loop; must not block.</summary>
internal interface IMembershipEvents
{
    /// <summary>This peer is in a roster with others, or knows that it is alone.</summary>
    void OnJoined(PeerId coordinator, bool alone);

    /// <summary>This peer has lost its coordinator.</summary>
    void OnIsolated(string reason);

    void OnPeerJoined(PeerId peer);

    void OnPeerLeft(PeerId peer);

    void OnCoordinatorChanged(PeerId coordinator);

    /// <summary>A share record is new or newer.</summary>
    void OnShareChanged(ShareRecord share);

    /// <summary>A connection was refused, here or there.</summary>
    void OnRefused(string address, string reason, bool incoming);

    /// <summary>An address does not answer; said once until it does.</summary>
    void OnUnreachable(string address, string reason);

    /// <summary>An entry that nobody can have meant: forged, replayed, or of another swarm's time.</summary>
    void OnEntryRefused(string from, string reason);

    /// <summary>Somebody claimed what the roster does not allow: to coordinate in a term that is over, or without being a deputy.</summary>
    void OnClaimRefused(string from, string reason);

    /// <summary>The swarm's term has changed; it never goes back, not even over a restart.</summary>
    void OnTermChanged(long term);

    /// <summary>The membership's loop has failed: the peer cannot go on.</summary>
    void OnFault(Exception error);
}
