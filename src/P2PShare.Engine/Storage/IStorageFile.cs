namespace P2PShare.Engine.Storage;

/// <summary>An open file. Reads and writes at offsets may come from several threads at once.</summary>
internal interface IStorageFile : IDisposable
{
    /// <summary>Its length and the time of its last write, now.</summary>
    FileState State { get; }

    /// <summary>Where it really is, all links resolved; null where the system does not tell.</summary>
    string? RealPath { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on; less only at the file's end.</summary>
    /// <returns>The bytes read.</returns>
    int Read(Span<byte> destination, long offset);

    /// <summary>Writes all of <paramref name="data"/> at <paramref name="offset"/>.</summary>
    void Write(ReadOnlySpan<byte> data, long offset);

    /// <summary>Makes it <paramref name="length"/> bytes long without using space for what is not written, where the file system can.</summary>
    void SetSparseLength(long length);

    /// <summary>
    /// Where written data begins at or after <paramref name="offset"/>, which a sparse file may tell; everything before it
    /// reads as zeros. <see cref="long.MaxValue"/> when there is none.
    /// </summary>
    long NextData(long offset);

    /// <summary>Returns when everything written to it so far survives a power cut.</summary>
    void Flush();

    /// <summary>Sets the time of the last write (nanoseconds since 1970 UTC) and, on Unix, the permissions; null leaves either.</summary>
    void SetAttributes(long? modifiedNs, UnixFileMode? mode);
}
