using System.Globalization;

namespace P2PShare.Engine.Reporting;

/// <summary>Numbers for people.</summary>
internal static class ReportText
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Bytes with a unit of powers of 1024.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        while (bytes >= 1023.95 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    public static string Rate(double bytesPerSecond) => Size(bytesPerSecond) + "/s";

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => span.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        { TotalHours: < 1 } => span.ToString(@"m\:ss", CultureInfo.InvariantCulture) + " min",
        { TotalDays: < 1 } => span.ToString(@"h\:mm", CultureInfo.InvariantCulture) + " h",
        _ => span.ToString(@"d\ \d\a\y\s\ h\:mm", CultureInfo.InvariantCulture),
    };

    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    public static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
