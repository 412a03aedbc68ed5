using System.Globalization;
using System.Management.Automation;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lets a TimeSpan parameter take what people write: 30 (seconds), 30s, 10m, 2h, 1d, besides TimeSpans and their text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        TimeSpan? time = value switch
        {
            TimeSpan known => known,
            // PowerShell would take a number for ticks, which nobody means.
            sbyte or byte or short or ushort or int or uint or long or float or double or decimal => Seconds(Convert.ToDouble(value, CultureInfo.InvariantCulture), 1),
            string text => Parse(text.Trim()),
            _ => null,
        };
        if (time is { } found && found >= TimeSpan.Zero && found <= TimeSpan.FromDays(3650)) return found;
        throw new ArgumentTransformationMetadataException($"'{value}' is no length of time. Write 30 or 30s for seconds, 10m for minutes, 2h for hours, 1d for days, or give a TimeSpan; from 0 to ten years.");
    }

    private static TimeSpan? Parse(string text)
    {
        if (text.Length == 0) return null;
        var factor = char.ToLowerInvariant(text[^1]) switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => 0,
        };
        var digits = factor == 0 ? text : text[..^1];
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return Seconds(number, Math.Max(1, factor));
        return factor == 0 && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    private static TimeSpan? Seconds(double number, int factor) => number is >= 0 and < 1e9 && number * factor < 1e9 ? TimeSpan.FromSeconds(number * factor) : null;
}
