using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace P2PShare.Engine.Storage;

/// <summary>
/// What one path component from the network is called on a disk. The result depends on the component alone and never on
/// the machine, so every receiver of a share has the same tree.
/// </summary>
internal static class SafeName
{
    /// <summary>The longest component, in bytes of UTF-8: what ext4, XFS, tmpfs and (counting UTF-16 units, so at least as many) NTFS allow.</summary>
    public const int MaxBytes = 255;

    /// <summary>Partial files are called <c>.p2p-</c> + 16 hexadecimal digits + <c>.part</c>; no file of a share may be.</summary>
    public const string PartialPrefix = ".p2p-";

    public const string PartialSuffix = ".part";

    private const int MaxExtensionBytes = 32;

    private static readonly SearchValues<char> Illegal = SearchValues.Create("<>:\"/\\|?*");

    private static readonly HashSet<string> ReservedNames = MakeReservedNames();

    /// <summary>The name for <paramref name="component"/>: itself, unless some system could not hold it or would take it for something else.</summary>
    public static string Sanitize(string component)
    {
        // A name that is safe as it stands keeps its very bytes; one that needs a change is changed in its composed form.
        if (IsSafe(component) && (Ascii.IsValid(component) || IsSafe(component.Normalize(NormalizationForm.FormC)))) return component;

        var name = ReplaceTrailing(ReplaceIllegal(Compose(component)));
        if (name.Length == 0) name = "_";
        if (IsReserved(name) || IsPartialName(name)) name = "_" + name;
        return Encoding.UTF8.GetByteCount(name) <= MaxBytes ? name : Shorten(name, "~" + Tag(component));
    }

    /// <summary>Whether <paramref name="component"/> is refused where a share is made: it names no file anywhere.</summary>
    public static bool IsNoName(string component) => component is "" or "." or ".." || component.Contains('/') || component.Contains('\0');

    /// <summary>The name with a number, for the second, third … of equal names.</summary>
    public static string WithNumber(string name, int number)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $" ({number})");
        var (stem, extension) = Split(name);
        var numbered = stem + suffix + extension;
        return Encoding.UTF8.GetByteCount(numbered) <= MaxBytes ? numbered : Shorten(name, suffix);
    }

    /// <summary>Two names with one key are one name on some file system: it disregards case, or composition.</summary>
    public static string ComparisonKey(string name)
    {
        if (Ascii.IsValid(name)) return name.ToLowerInvariant();
        var key = name.Normalize(NormalizationForm.FormD).ToUpperInvariant().ToLowerInvariant();
        return key.Replace("ß", "ss", StringComparison.Ordinal).Normalize(NormalizationForm.FormC);
    }

    private static bool IsSafe(string name)
    {
        if (name.Length == 0 || name[^1] is '.' or ' ' || name.AsSpan().ContainsAny(Illegal)) return false;
        if (Encoding.UTF8.GetByteCount(name) > MaxBytes || IsReserved(name) || IsPartialName(name)) return false;
        var rest = name.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done || !IsAllowed(rune)) return false;
            rest = rest[consumed..];
        }

        return true;
    }

    private static bool IsAllowed(Rune rune) => !DisplayName.IsDeceptive(rune) && !IsNonCharacter(rune);

    private static bool IsNonCharacter(Rune rune) => (rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF;

    private static string Compose(string component)
    {
        // Normalize throws at lone surrogates and, on some systems, at noncharacters: they go first.
        var text = new StringBuilder(component.Length);
        var rest = component.AsSpan();
        while (!rest.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(rest, out var rune, out var consumed);
            if (status != OperationStatus.Done || IsNonCharacter(rune)) text.Append('_');
            else text.Append(rest[..consumed]);
            rest = rest[consumed..];
        }

        return text.ToString().Normalize(NormalizationForm.FormC);
    }

    private static string ReplaceIllegal(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            var illegal = !IsAllowed(rune) || (rune.IsBmp && Illegal.Contains((char)rune.Value));
            if (illegal) text.Append('_');
            else text.Append(rune.ToString());
        }

        return text.ToString();
    }

    private static string ReplaceTrailing(string name)
    {
        // Windows drops them silently, and "a." would be "a".
        var kept = name.AsSpan().TrimEnd(". ").Length;
        return kept == name.Length ? name : string.Concat(name.AsSpan(0, kept), new string('_', name.Length - kept));
    }

    private static bool IsReserved(string name)
    {
        // The device is meant whatever the extension, and with blanks before it.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? name.AsSpan() : name.AsSpan(0, dot)).TrimEnd(' ');
        return stem.Length is >= 3 and <= 7 && ReservedNames.GetAlternateLookup<ReadOnlySpan<char>>().Contains(stem);
    }

    private static bool IsPartialName(string name) =>
        name.StartsWith(PartialPrefix, StringComparison.OrdinalIgnoreCase) && name.EndsWith(PartialSuffix, StringComparison.OrdinalIgnoreCase);

    private static string Shorten(string name, string suffix)
    {
        var (stem, extension) = Split(name);
        var room = MaxBytes - Encoding.UTF8.GetByteCount(suffix) - Encoding.UTF8.GetByteCount(extension);
        var kept = 0;
        foreach (var rune in stem.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            kept += rune.Utf16SequenceLength;
        }

        return stem[..kept] + suffix + extension;
    }

    private static (string Stem, string Extension) Split(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot <= 0 || Encoding.UTF8.GetByteCount(name.AsSpan(dot)) > MaxExtensionBytes ? (name, "") : (name[..dot], name[dot..]);
    }

    private static string Tag(string component)
    {
        // UTF-16 bytes, not UTF-8: lone surrogates would all become one replacement character.
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.Unicode.GetBytes(component), digest);
        return Convert.ToHexStringLower(digest[..4]);
    }

    private static HashSet<string> MakeReservedNames()
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
        foreach (var digit in "0123456789¹²³")
        {
            names.Add("COM" + digit);
            names.Add("LPT" + digit);
        }

        return names;
    }
}
