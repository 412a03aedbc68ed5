namespace P2PShare.Engine.Storage;

/// <summary>The room left where a peer keeps what it receives, and when a change of it is worth telling.</summary>
/// <param name="fileSystem">Measures it.</param>
/// <param name="folder">The folder that received files go to: absolute.</param>
internal sealed class FreeSpace(IStorageFileSystem fileSystem, string folder)
{
    /// <summary>What is known where nothing can be measured.</summary>
    public const long Unknown = -1;

    private const long SmallChange = 1L << 30;
    private const int SmallPart = 10;

    /// <summary>Free bytes now; <see cref="Unknown"/> where the system does not say.</summary>
    public long Measure()
    {
        var bytes = fileSystem.AvailableBytes(folder);
        return bytes is < 0 or long.MaxValue ? Unknown : bytes;
    }

    /// <summary>
    /// Whether others should hear of it: it changed by more than 1 GiB and more than a tenth of what they were told, or came to
    /// be known or unknown. Every change would be a record signed anew and sent to everybody.
    /// </summary>
    /// <param name="told">Bytes, or <see cref="Unknown"/>.</param>
    /// <param name="now">Bytes, or <see cref="Unknown"/>.</param>
    public static bool IsNews(long told, long now)
    {
        if (told < 0 || now < 0) return told < 0 != now < 0;
        var change = Math.Abs(told - now);
        return change > SmallChange && change > told / SmallPart;
    }
}
