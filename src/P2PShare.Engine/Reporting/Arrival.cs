namespace P2PShare.Engine.Reporting;

/// <summary>A share on its way to a peer, as the catalogue told of it.</summary>
/// <param name="PeerName">Who received it.</param>
/// <param name="ShareName">What.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Begun">When the peer was first seen with some of it, in UTC.</param>
/// <param name="Completed">When it was first seen with all of it; null when it was not.</param>
public sealed record Arrival(string PeerName, string ShareName, long Length, DateTime Begun, DateTime? Completed)
{
    /// <summary>Bytes per second on average; 0 while it is not complete.</summary>
    public long Rate => Completed is { } end && end > Begun ? (long)(Length / (end - Begun).TotalSeconds) : 0;
}
