using System.Security.Cryptography;
using System.Text;

namespace P2PShare.Engine.Identity;

/// <summary>Splits a PEM text (RFC 7468) into its blocks, and writes them.</summary>
internal static class PemBlocks
{
    public const string Certificate = "CERTIFICATE";
    public const string PrivateKey = "PRIVATE KEY";
    public const string NameGrant = "P2PSHARE NAME GRANT";

    /// <summary>The most blocks a file may have.</summary>
    public const int MaxBlocks = 32;

    /// <exception cref="FormatException">No PEM, a damaged block, or too many; the message is the end of a sentence about the file.</exception>
    public static List<(string Label, byte[] Data)> Read(string text)
    {
        var blocks = new List<(string, byte[])>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (blocks.Count == MaxBlocks) throw new FormatException($"has more than {MaxBlocks} PEM blocks");
            var data = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(rest[fields.Base64Data], data, out var length) || length != data.Length) throw new FormatException("has a damaged PEM block");
            blocks.Add((rest[fields.Label].ToString(), data));
            rest = rest[fields.Location.End..];
        }

        // TryFind passes over what is damaged; a key that silently was not there would be a riddle.
        if (text.AsSpan().Count("-----BEGIN ") != blocks.Count) throw new FormatException("has a damaged PEM block: it may have been cut off or changed when it was copied");
        if (blocks.Count == 0) throw new FormatException("is not a PEM file: it has no '-----BEGIN' line");
        return blocks;
    }

    public static string Write(string comment, IEnumerable<(string Label, byte[] Data)> blocks)
    {
        var text = new StringBuilder().Append(comment).Append('\n');
        foreach (var (label, data) in blocks) text.Append(PemEncoding.Write(label, data)).Append('\n');
        return text.ToString();
    }
}
