namespace P2PShare.Engine.Storage;

/// <summary>Says, to whichever thread asks first, that it is time for another report: about ten times a second.</summary>
internal sealed class ProgressThrottle(TimeProvider time)
{
    private readonly long _interval = time.TimestampFrequency / 10;
    private long _next = time.GetTimestamp();

    public bool IsDue()
    {
        var now = time.GetTimestamp();
        var due = Interlocked.Read(ref _next);
        return now >= due && Interlocked.CompareExchange(ref _next, now + _interval, due) == due;
    }
}
