using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace P2PShare.Cli.CommandLine;

/// <summary>Options that several commands have, or that are read in a way of their own.</summary>
internal static class CliOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Write one JSON object a line: events and results." };

    public static Option<long?> Bytes(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "BYTES",
        CustomParser = result =>
        {
            if (Quantity.TryParseBytes(result.Tokens[0].Value, out var bytes) && bytes > 0) return bytes;
            result.AddError($"{name} takes a number of bytes above 0, such as 500K, 10M or 1Gi; '{result.Tokens[0].Value}' is none.");
            return null;
        },
    };

    public static Option<TimeSpan?> Time(string name, string description, string helpName, bool zeroAllowed = false) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (Quantity.TryParseTime(result.Tokens[0].Value, out var time) && (zeroAllowed || time > TimeSpan.Zero)) return time;
            result.AddError($"{name} takes a time {(zeroAllowed ? "" : "above 0 ")}such as 30, 30s, 10m or 2h; '{result.Tokens[0].Value}' is none.");
            return null;
        },
    };

    /// <summary>An option that takes names of peers: repeated, or with commas between them.</summary>
    public static Option<string[]> Names(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "NAME,...",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            string[] names = [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))];
            if (names.Length > 0 && names.All(one => one.Length > 0)) return names;
            result.AddError($"{name} takes names of peers with commas between them; one of these is empty.");
            return null;
        },
    };

    /// <summary>An option that takes a whole number between two bounds.</summary>
    public static Option<int?> Number(string name, string description, string helpName, int least, int most, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            result.AddError($"{name} takes a whole number from {least} to {most}, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>What was written for an option, while the command line is still being checked and asking for its value might fail; null when it is absent.</summary>
    public static string? Written(this SymbolResult result, Option option) => result.GetResult(option)?.Tokens is [var token, ..] ? token.Value : null;

    /// <summary>Whether an option was written at all.</summary>
    public static bool IsWritten(this SymbolResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
