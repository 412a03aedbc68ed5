using System.Buffers;
using System.Globalization;
using System.Text;

namespace P2PShare.Engine.Storage;

/// <summary>Names from other machines, made fit for a terminal or a log.</summary>
public static class DisplayName
{
    /// <summary>
    /// Returns <paramref name="name"/> with every character that could steer a terminal or disguise the text (control and
    /// escape characters, line and paragraph separators, bidirectional formatting, lone surrogates) written as
    /// <c>\uXXXX</c>. A harmless name is returned as it is.
    /// </summary>
    public static string Escape(string? name)
    {
        if (string.IsNullOrEmpty(name)) return "";
        StringBuilder? escaped = null;
        var position = 0;
        while (position < name.Length)
        {
            var status = Rune.DecodeFromUtf16(name.AsSpan(position), out var rune, out var consumed);
            if (status != OperationStatus.Done || IsDeceptive(rune))
            {
                escaped ??= new StringBuilder(name, 0, position, name.Length + 32);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)name[position]:X4}");
            }
            else
            {
                escaped?.Append(name, position, consumed);
            }

            position += consumed;
        }

        return escaped?.ToString() ?? name;
    }

    /// <summary>Whether a character controls how text is shown instead of being text. The zero-width joiner is not among them: emoji are made with it.</summary>
    internal static bool IsDeceptive(Rune rune) => rune.Value switch
    {
        < 0x20 => true,
        >= 0x7F and <= 0x9F => true,
        0x061C or 0x200E or 0x200F => true,
        >= 0x2028 and <= 0x202E => true,
        >= 0x2066 and <= 0x2069 => true,
        0xFEFF or (>= 0xFFF9 and <= 0xFFFB) => true,
        _ => false,
    };
}
