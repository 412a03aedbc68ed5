using System.Globalization;
using P2PShare.Engine.Storage;

namespace P2PShare.PowerShell.Views;

/// <summary>How the format views and progress bars write numbers and names; the properties themselves stay plain.</summary>
public static class DisplayText
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Bytes with a unit of powers of 1024, as PowerShell's own 1KB and 1GB mean them.</summary>
    public static string Size(long bytes)
    {
        if (bytes < 0) return "";
        double value = bytes;
        var unit = 0;
        while (value >= 1023.95 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentCulture, $"{(unit == 0 ? value.ToString("0", CultureInfo.CurrentCulture) : value.ToString("0.0", CultureInfo.CurrentCulture))} {Units[unit]}");
    }

    /// <summary>Bytes per second; empty for none.</summary>
    public static string Rate(long bytesPerSecond) => bytesPerSecond <= 0 ? "" : Size(bytesPerSecond) + "/s";

    /// <summary>0 to 100; never shows 100 before it is.</summary>
    public static string Percent(double percent) => percent >= 100 ? "100 %" : string.Create(CultureInfo.CurrentCulture, $"{Math.Floor(percent * 10) / 10:0.0} %");

    /// <summary>A time in the user's own time zone.</summary>
    public static string Time(DateTime? time) => time is { } t ? t.ToLocalTime().ToString("g", CultureInfo.CurrentCulture) : "";

    /// <summary>A span to the second.</summary>
    public static string Span(TimeSpan? span) => span is not { } s ? "" : s.TotalDays >= 1 ? s.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture) : s.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);

    /// <summary>A name that came from the network, harmless to a terminal: what could steer one is written as code points.</summary>
    public static string Safe(string? text) => DisplayName.Escape(text);
}
