using System.Globalization;

namespace P2PShare.Cli.CommandLine;

/// <summary>Sizes and times as people write them on a command line.</summary>
internal static class Quantity
{
    /// <summary>
    /// Reads a number of bytes: digits, a decimal point if wanted, and K, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti (powers of 1024),
    /// each with or without a B.
    /// </summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        bytes = 0;
        var digits = DigitCount(text);
        if (!TryParseNumber(text.AsSpan(0, digits), out var number)) return false;
        var factor = text[digits..].ToUpperInvariant() switch
        {
            "" or "B" => 1m,
            "K" or "KB" => 1e3m,
            "M" or "MB" => 1e6m,
            "G" or "GB" => 1e9m,
            "T" or "TB" => 1e12m,
            "KI" or "KIB" => 1L << 10,
            "MI" or "MIB" => 1L << 20,
            "GI" or "GIB" => 1L << 30,
            "TI" or "TIB" => 1L << 40,
            _ => 0m,
        };
        if (factor == 0 || number > long.MaxValue / factor) return false;
        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>Reads a time: a number of seconds, or a number with s, m, h or d. At most ten years.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        time = default;
        var digits = DigitCount(text);
        if (!TryParseNumber(text.AsSpan(0, digits), out var number)) return false;
        var seconds = text[digits..].ToUpperInvariant() switch
        {
            "" or "S" => 1,
            "M" => 60,
            "H" => 3600,
            "D" => 86400,
            _ => 0,
        };
        if (seconds == 0 || number > 3650m * 86400 / seconds) return false;
        time = TimeSpan.FromTicks((long)(number * seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    private static int DigitCount(string text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.')) length++;
        return length;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> digits, out decimal number)
    {
        number = 0;
        // More digits than these are no quantity but a mistake, and would overflow.
        return digits.Length is > 0 and <= 20
            && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }
}
