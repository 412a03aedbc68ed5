using System.Text.Json;

namespace P2PShare.Cli.Tests.Support;

internal static class JsonElementExtensions
{
    /// <summary>A property's text; null when there is none.</summary>
    public static string? Text(this JsonElement element, string property) => element.TryGetProperty(property, out var value) ? value.ToString() : null;

    public static long Number(this JsonElement element, string property) => element.GetProperty(property).GetInt64();
}
