using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// The attributes blob of a share: times and modes, which stay out of the info dictionary so that equal content keeps one
/// info-hash. A bencoded dictionary: <c>attributes version</c> = 1; <c>directories</c>, a list of dictionaries
/// (<c>mode</c>, <c>mtime</c>, <c>path</c>), sorted by the UTF-8 bytes of their paths' components; <c>files</c>, a list of
/// dictionaries (<c>mode</c>, <c>mtime</c>) in the order of <see cref="TorrentInfo.Files"/>. <c>mode</c> may be absent.
/// Immutable.
/// </summary>
public sealed class ShareAttributes
{
    /// <summary>The longest path component, in bytes of UTF-8.</summary>
    public const int MaxComponentBytes = 4096;

    private const int Version = 1;

    private ShareAttributes(byte[] bytes, EntryAttributes[] files, DirectoryAttributes[] directories)
    {
        Bytes = bytes;
        Hash = Hash256.Of(bytes);
        Files = Array.AsReadOnly(files);
        Directories = Array.AsReadOnly(directories);
    }

    /// <summary>The blob.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of <see cref="Bytes"/>, which a share record names.</summary>
    public Hash256 Hash { get; }

    /// <summary>In the order of <see cref="TorrentInfo.Files"/>.</summary>
    public IReadOnlyList<EntryAttributes> Files { get; }

    /// <summary>In the order of their paths: a directory stands before those inside it.</summary>
    public IReadOnlyList<DirectoryAttributes> Directories { get; }

    /// <summary>Makes a blob; directories may come in any order.</summary>
    /// <exception cref="ArgumentException">A mode or a path a receiver would refuse, or one directory twice.</exception>
    public static ShareAttributes Build(IEnumerable<EntryAttributes> files, IEnumerable<DirectoryAttributes> directories)
    {
        EntryAttributes[] fileList = [.. files];
        DirectoryAttributes[] sorted = [.. directories];
        Array.Sort(sorted, static (x, y) => Utf8Order.Instance.Compare(x.PathComponents, y.PathComponents));
        var writer = new BencodeWriter(64 + 48 * (fileList.Length + sorted.Length));
        writer.WriteDictionaryStart();
        writer.WriteKey("attributes version"u8);
        writer.WriteInteger(Version);
        writer.WriteKey("directories"u8);
        writer.WriteListStart();
        foreach (var directory in sorted)
        {
            WriteEntry(writer, directory.Attributes);
            writer.WriteKey("path"u8);
            writer.WriteListStart();
            foreach (var component in directory.PathComponents) writer.WriteString(component);
            writer.WriteEnd();
            writer.WriteEnd();
        }

        writer.WriteEnd();
        writer.WriteKey("files"u8);
        writer.WriteListStart();
        foreach (var file in fileList)
        {
            WriteEntry(writer, file);
            writer.WriteEnd();
        }

        writer.WriteEnd();
        writer.WriteEnd();
        try
        {
            return Parse(writer.WrittenMemory, fileList.Length);
        }
        catch (MetainfoException fault) when (fault.Kind is MetainfoErrorKind.InvalidAttributes or MetainfoErrorKind.InvalidAttributesPath)
        {
            throw new ArgumentException(fault.Message, fault);
        }
    }

    /// <summary>Reads a blob; the bytes are copied. Unknown keys are skipped.</summary>
    /// <param name="blob">The blob, whose hash the caller has compared with the share record.</param>
    /// <param name="fileCount">How many files the share has.</param>
    /// <param name="limits">Bytes, depth and number of values.</param>
    /// <exception cref="MetainfoException">Not a blob for a share of so many files.</exception>
    public static ShareAttributes Parse(ReadOnlyMemory<byte> blob, int fileCount, MetainfoLimits? limits = null)
    {
        limits ??= MetainfoLimits.Default;
        if (blob.Length > limits.MaxInfoBytes)
            throw Refuse(MetainfoErrorKind.TooLarge, $"The attributes have {blob.Length} bytes; {limits.MaxInfoBytes} are allowed.");
        var bytes = blob.ToArray();
        try
        {
            return ParseDictionary(bytes, fileCount, limits.Bencode);
        }
        catch (BencodeException fault)
        {
            throw MetainfoException.From(fault);
        }
    }

    private static ShareAttributes ParseDictionary(byte[] bytes, int fileCount, BencodeLimits limits)
    {
        long version = 0;
        var directories = new List<DirectoryAttributes>();
        var files = new List<EntryAttributes>();
        var reader = new BencodeReader(bytes, limits);
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("attributes version"u8))
            {
                version = reader.ReadInteger();
                // It sorts first, so nothing of a later format was looked at yet.
                if (version != Version) throw UnknownVersion();
            }
            else if (key.SequenceEqual("directories"u8))
            {
                reader.ReadListStart();
                while (!reader.TryReadEnd()) ReadDirectory(ref reader, directories);
            }
            else if (key.SequenceEqual("files"u8))
            {
                reader.ReadListStart();
                while (!reader.TryReadEnd())
                {
                    if (files.Count == fileCount) throw WrongCount(fileCount);
                    files.Add(ReadEntry(ref reader, out _));
                }
            }
            else
            {
                reader.Skip();
            }
        }

        reader.RequireEndOfInput();
        if (version != Version) throw UnknownVersion();
        if (files.Count != fileCount) throw WrongCount(fileCount);
        return new ShareAttributes(bytes, [.. files], [.. directories]);
    }

    private static void ReadDirectory(ref BencodeReader reader, List<DirectoryAttributes> directories)
    {
        var attributes = ReadEntry(ref reader, out var path);
        if (path is null) throw Refuse(MetainfoErrorKind.InvalidAttributesPath, "A directory has no path.");
        if (directories is [.., var last] && Utf8Order.Instance.Compare(last.PathComponents, path) >= 0)
            throw Refuse(MetainfoErrorKind.InvalidAttributesPath, "The directories are not sorted, or one is there twice.");
        directories.Add(new DirectoryAttributes(path, attributes));
    }

    private static EntryAttributes ReadEntry(ref BencodeReader reader, out string[]? path)
    {
        long? modified = null, mode = null;
        path = null;
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out var key))
        {
            if (key.SequenceEqual("mtime"u8)) modified = reader.ReadInteger();
            else if (key.SequenceEqual("mode"u8)) mode = reader.ReadInteger();
            else if (key.SequenceEqual("path"u8)) path = ReadPath(ref reader);
            else reader.Skip();
        }

        if (modified is null) throw Refuse(MetainfoErrorKind.InvalidAttributes, "An entry has no modification time.");
        if (mode is < 0 or > EntryAttributes.MaxUnixMode) throw Refuse(MetainfoErrorKind.InvalidAttributes, "A mode has more than 12 bits.");
        return new EntryAttributes(modified.Value, (int?)mode);
    }

    private static string[] ReadPath(ref BencodeReader reader)
    {
        var components = new List<string>();
        reader.ReadListStart();
        while (!reader.TryReadEnd())
        {
            var component = reader.ReadString(int.MaxValue);
            if (component.Length == 0 || StrictUtf8.Encoding.GetByteCount(component) > MaxComponentBytes)
                throw Refuse(MetainfoErrorKind.InvalidAttributesPath, $"A path component is empty or has more than {MaxComponentBytes} bytes.");
            if (components.Count == TorrentInfoBuilder.MaxPathComponents)
                throw Refuse(MetainfoErrorKind.InvalidAttributesPath, $"A path has more than {TorrentInfoBuilder.MaxPathComponents} components.");
            components.Add(component);
        }

        return [.. components];
    }

    private static void WriteEntry(BencodeWriter writer, EntryAttributes attributes)
    {
        writer.WriteDictionaryStart();
        if (attributes.UnixMode is { } mode)
        {
            writer.WriteKey("mode"u8);
            writer.WriteInteger(mode);
        }

        writer.WriteKey("mtime"u8);
        writer.WriteInteger(attributes.ModifiedNanoseconds);
    }

    private static MetainfoException UnknownVersion() =>
        Refuse(MetainfoErrorKind.UnknownAttributesVersion, $"The attributes are not of version {Version}.");

    private static MetainfoException WrongCount(int fileCount) =>
        Refuse(MetainfoErrorKind.AttributesCountMismatch, $"The attributes are not those of {fileCount} files.");

    private static MetainfoException Refuse(MetainfoErrorKind kind, string message) => new(kind, message);
}
