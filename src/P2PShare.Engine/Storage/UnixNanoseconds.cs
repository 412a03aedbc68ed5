namespace P2PShare.Engine.Storage;

/// <summary>Times of files as whole nanoseconds since 1970 UTC, which is what Unix file systems keep; NTFS and .NET keep hundreds of them.</summary>
internal static class UnixNanoseconds
{
    public static long From(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The time, rounded down to what .NET can hold.</summary>
    public static DateTime ToDateTime(long nanoseconds) =>
        DateTime.UnixEpoch.AddTicks((nanoseconds - (nanoseconds % TimeSpan.NanosecondsPerTick + TimeSpan.NanosecondsPerTick) % TimeSpan.NanosecondsPerTick) / TimeSpan.NanosecondsPerTick);
}
