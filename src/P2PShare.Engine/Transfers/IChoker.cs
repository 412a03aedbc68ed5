namespace P2PShare.Engine.Transfers;

/// <summary>Decides which of the peers that want something of us are served at the same time.</summary>
internal interface IChoker
{
    /// <summary>How often <see cref="Choose"/> is asked.</summary>
    TimeSpan Interval { get; }

    /// <summary>Most peers unchoked at once; a peer that becomes interested while there are fewer is unchoked at once.</summary>
    int Slots { get; }

    /// <summary>Chooses among the interested ones.</summary>
    /// <param name="interested">Who wants something; sorted and shortened at will.</param>
    /// <param name="now">A timestamp of the same clock as theirs.</param>
    /// <returns>Those to be unchoked.</returns>
    IReadOnlyList<PeerSession> Choose(List<PeerSession> interested, long now);
}
