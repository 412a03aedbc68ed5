using System.Globalization;
using System.Text;

namespace P2PShare.Cli.Output;

/// <summary>Turns values into text for a terminal.</summary>
internal static class Printable
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>
    /// The text without characters that move the cursor, change colours or reverse the reading direction:
    /// names come from other machines, and a terminal obeys what it is sent.
    /// </summary>
    public static string Text(string text)
    {
        var index = 0;
        while (index < text.Length && IsHarmless(text[index])) index++;
        if (index == text.Length) return text;
        var builder = new StringBuilder(text.Length);
        foreach (var character in text) builder.Append(IsHarmless(character) ? character : '\uFFFD');
        return builder.ToString();
    }

    /// <summary>A number of bytes with a unit, in powers of 1000.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        var format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>A rate in bytes per second with a unit.</summary>
    public static string Rate(long bytesPerSecond) => Bytes(bytesPerSecond) + "/s";

    /// <summary>A time as 3.2 s, 2:05 min or 1:02:05 h.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 59.95 } => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        { TotalHours: < 1 } => time.ToString(@"m\:ss", CultureInfo.InvariantCulture) + " min",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss} h"),
    };

    /// <summary>Megabytes (10⁶ bytes) per second.</summary>
    public static double MegabytesPerSecond(long bytes, TimeSpan time) => time <= TimeSpan.Zero ? 0 : Math.Round(bytes / 1e6 / time.TotalSeconds, 3);

    /// <summary>A date and time of day, local.</summary>
    public static string When(DateTime utc) => utc.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static bool IsHarmless(char character) => char.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        // Joiners belong to emoji and to several scripts; the other format characters reorder or hide text.
        UnicodeCategory.Format => character is '\u200C' or '\u200D',
        _ => true,
    };
}
