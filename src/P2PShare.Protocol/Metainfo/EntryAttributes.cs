namespace P2PShare.Protocol.Metainfo;

/// <summary>What a share keeps of a file or a directory besides its content.</summary>
/// <param name="ModifiedNanoseconds">The time of the last modification, in nanoseconds since the Unix epoch.</param>
/// <param name="UnixMode">The low 12 bits of the mode (permissions, set-user-id, set-group-id, sticky); null when it was published from a system without modes.</param>
public readonly record struct EntryAttributes(long ModifiedNanoseconds, int? UnixMode)
{
    /// <summary>The largest <see cref="UnixMode"/>: octal 7777.</summary>
    public const int MaxUnixMode = 0xFFF;

    private const long NanosecondsPerTick = 100;

    /// <summary>The time of the last modification, in UTC, cut to 100 ns.</summary>
    public DateTime ModifiedUtc => DateTime.UnixEpoch.AddTicks(
        Math.DivRem(ModifiedNanoseconds, NanosecondsPerTick, out var rest) - (rest < 0 ? 1 : 0));

    /// <summary>Makes attributes of a UTC time; times that 64 bits of nanoseconds cannot hold (before 1677, after 2262) become the nearest that can.</summary>
    public static EntryAttributes Create(DateTime modifiedUtc, int? unixMode)
    {
        var ticks = Math.Clamp(
            (modifiedUtc - DateTime.UnixEpoch).Ticks, long.MinValue / NanosecondsPerTick, long.MaxValue / NanosecondsPerTick);
        return new EntryAttributes(ticks * NanosecondsPerTick, unixMode & MaxUnixMode);
    }
}
