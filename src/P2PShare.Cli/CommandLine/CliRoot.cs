using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using P2PShare.Cli.Commands;
using P2PShare.Cli.Demo;

namespace P2PShare.Cli.CommandLine;

/// <summary>The program's command line.</summary>
internal static class CliRoot
{
    /// <summary>Parses and runs a command line.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Where help goes.</param>
    /// <param name="complaints">Where it is said what is wrong with the command line.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter complaints)
    {
        // A share or file may well be called @something: no response files.
        var parsed = Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        List<string> errors = [.. parsed.Errors.Select(error => error.Message), .. UnknownOptions(parsed).Select(token => $"There is no option '{token}' here.")];
        if (errors.Count > 0 && parsed.Action is not HelpAction)
        {
            // Of a word that is no command it says both that it is none and that there is none.
            if (parsed.UnmatchedTokens.Count > 0 && errors.Count > 1) errors.RemoveAt(0);
            foreach (var error in errors) await complaints.WriteLineAsync("p2pshare: " + error);
            var command = string.Join(' ', CommandPath(parsed));
            await complaints.WriteLineAsync($"Try '{command} --help'.");
            return ExitCodes.Usage;
        }

        // Each command deals with signals itself: it has goodbyes to say.
        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false, Output = output, Error = complaints };
        return await parsed.InvokeAsync(invocation);
    }

    private static RootCommand Build() => new("Moves files through a private, encrypted swarm of your own machines.")
    {
        SwarmCommand.Build(),
        CertCommand.Build(),
        ServeCommand.Build(),
        SendCommand.Build(),
        ReceiveCommand.Build(),
        PeersCommand.Build(),
        ListCommand.Build(),
        StatusCommand.Build(),
        WatchCommand.Build(),
        TestCommand.Build(),
        DemoCommand.Build(),
        CompletionCommand.Build(),
    };

    // The parser takes an option it doesn't know for a file or pattern. Only after -- is that meant.
    private static IEnumerable<string> UnknownOptions(ParseResult parsed)
    {
        var values = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).ToHashSet(ReferenceEqualityComparer.Instance);
        return parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Value is ['-', _, ..] && values.Contains(token))
            .Select(token => token.Value);
    }

    private static Stack<string> CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is CommandResult { Command: var command })
            {
                names.Push(command is RootCommand ? "p2pshare" : command.Name);
            }
        }

        return names;
    }
}
