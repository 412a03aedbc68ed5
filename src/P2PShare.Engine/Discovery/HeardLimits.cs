using System.Net;

namespace P2PShare.Engine.Discovery;

/// <summary>
/// Keeps what datagrams can cause small, whoever sends how many: a source counts once a minute, and all sources together no
/// more than so often. Not thread-safe.
/// </summary>
internal sealed class HeardLimits(TimeProvider time)
{
    /// <summary>Sources that count within a minute.</summary>
    public const int MaxSources = 64;

    /// <summary>Ports of one address that count within a minute: peers of one machine.</summary>
    public const int MaxPerAddress = 16;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IPEndPoint, long> _last = [];

    /// <summary>Whether what this source announces counts now.</summary>
    public bool TryTake(IPEndPoint source)
    {
        var now = time.GetTimestamp();
        foreach (var (old, _) in _last.Where(pair => time.GetElapsedTime(pair.Value, now) >= Window).ToList()) _last.Remove(old);
        if (_last.ContainsKey(source) || _last.Count >= MaxSources || _last.Keys.Count(known => known.Address.Equals(source.Address)) >= MaxPerAddress) return false;
        _last.Add(source, now);
        return true;
    }
}
