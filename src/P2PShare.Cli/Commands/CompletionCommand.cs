using System.CommandLine;

namespace P2PShare.Cli.Commands;

/// <summary><c>completion</c>: the lines that make a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    // The parser itself answers the [suggest] directive; a shell needs only to be told to ask. What is no word of the
    // command line is a file.
    private const string Bash = """
        _p2pshare() {
            local first=${COMP_WORDS[0]} IFS=$'\n'
            local line="p2pshare${COMP_LINE#"$first"}" point=$((COMP_POINT - ${#first} + 8))
            COMPREPLY=($(compgen -W "$("$first" "[suggest:$point]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o bashdefault -o default -F _p2pshare p2pshare
        """;

    public static Command Build()
    {
        var shell = new Argument<string>("shell") { Description = "bash." };
        shell.AcceptOnlyFromAmong("bash");
        var command = new Command("completion", "Prints what makes a shell complete commands and options: eval \"$(p2pshare completion bash)\" in ~/.bashrc.") { shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(Bash.ReplaceLineEndings("\n")));
        return command;
    }
}
