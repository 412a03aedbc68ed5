using System.Text;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Mirroring;

/// <summary>
/// Who of several peers keeps a copy: all of them come to the same answer without asking each other, by rendezvous hashing.
/// The name stands for all versions of a share, so that whoever keeps one keeps the next.
/// </summary>
internal static class MirrorChoice
{
    /// <summary>How many of the candidates come before this peer.</summary>
    public static int Rank(PeerId self, IEnumerable<PeerId> candidates, PeerId publisher, string name)
    {
        var own = Score(self, publisher, name);
        return candidates.Count(candidate => candidate != self && Score(candidate, publisher, name) < own);
    }

    /// <summary>How long to wait before making up for copies that are missing.</summary>
    /// <param name="rank">How many candidates come before this peer.</param>
    /// <param name="missing">How many copies are missing, from 1.</param>
    /// <param name="wasThere">Whether there had been enough: a peer that starts again is back in a moment.</param>
    /// <param name="patience">For how long a peer may be away before another takes its place.</param>
    public static TimeSpan Delay(int rank, int missing, bool wasThere, TimeSpan patience)
    {
        // Those behind come in only when one before them does not: because it cannot, or because the name is not one of its own.
        var turn = Math.Max(0, rank - missing + 1);
        return (wasThere ? patience : TimeSpan.Zero) + turn * patience / 3;
    }

    private static Hash256 Score(PeerId peer, PeerId publisher, string name) =>
        Hash256.Of([.. peer.Value.ToArray(), .. publisher.Value.ToArray(), .. Encoding.UTF8.GetBytes(name)]);
}
