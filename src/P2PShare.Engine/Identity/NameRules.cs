using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Identity;

/// <summary>
/// Which names swarms and peers may have. They become file and folder names on every system, so only characters that
/// mean nothing to any of them are allowed.
/// </summary>
public static class NameRules
{
    /// <summary>The longest swarm name, in characters.</summary>
    public const int MaxSwarmNameLength = 64;

    /// <summary>The longest peer name, in characters.</summary>
    public const int MaxPeerNameLength = 63;

    /// <exception cref="P2PShareException">InvalidName, saying what is allowed.</exception>
    public static void CheckSwarmName(string? name) => Check(name, "swarm", MaxSwarmNameLength);

    /// <exception cref="P2PShareException">InvalidName, saying what is allowed.</exception>
    public static void CheckPeerName(string? name) => Check(name, "peer", MaxPeerNameLength);

    public static bool IsSwarmName(string? name) => IsName(name, MaxSwarmNameLength);

    public static bool IsPeerName(string? name) => IsName(name, MaxPeerNameLength);

    /// <summary>The nearest valid peer name, with room for a number: "peer" when nothing of <paramref name="text"/> can stay.</summary>
    internal static string ToPeerName(string text)
    {
        var characters = text.Select(c => IsNameCharacter(c) ? c : '-').Take(MaxPeerNameLength - 5).ToArray();
        var name = new string(characters).Trim('.', '-');
        if (name.Length == 0) return "peer";
        return IsPeerName(name) ? name : "peer-" + name;
    }

    private static void Check(string? name, string what, int maxLength)
    {
        if (IsName(name, maxLength)) return;
        throw new P2PShareException(
            ErrorKind.InvalidArgument,
            ErrorIds.InvalidName,
            $"'{Printable(name)}' cannot be the name of a {what}: a name has 1 to {maxLength} of the letters a-z and A-Z, digits, '-', '_' and '.', neither begins nor ends with '.', and is no device name such as CON or COM1.",
            name,
            "Choose a name such as 'lab' or 'server-1'.");
    }

    private static bool IsName(string? name, int maxLength) =>
        name is { Length: > 0 } && name.Length <= maxLength && name[0] != '.' && name[^1] != '.' && name.All(IsNameCharacter) && !IsDeviceName(name);

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';

    // Windows takes CON and CON.anything for the console, in every folder.
    private static bool IsDeviceName(string name)
    {
        var stem = name.Split('.')[0].ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL"
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && char.IsAsciiDigit(stem[3]));
    }

    private static string Printable(string? text)
    {
        var shown = (text ?? "").Length > 80 ? text![..80] + "…" : text ?? "";
        return new string([.. shown.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format ? '?' : c)]);
    }
}
