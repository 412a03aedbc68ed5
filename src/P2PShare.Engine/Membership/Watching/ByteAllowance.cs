namespace P2PShare.Engine.Membership.Watching;

/// <summary>So many bytes a second, of which what is not used in one second does not add up. Not thread-safe.</summary>
internal sealed class ByteAllowance(int bytesPerSecond)
{
    private double _left = bytesPerSecond;
    private TimeSpan _at;

    /// <summary>The bytes that may be spent now.</summary>
    public int Left(TimeSpan now)
    {
        if (now > _at)
        {
            _left = Math.Min(bytesPerSecond, _left + (now - _at).TotalSeconds * bytesPerSecond);
            _at = now;
        }

        return (int)_left;
    }

    public void Spend(int bytes) => _left -= bytes;
}
