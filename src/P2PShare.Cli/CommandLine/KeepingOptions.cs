using System.CommandLine;

namespace P2PShare.Cli.CommandLine;

/// <summary>The options of a peer that stays: which copies it keeps, and how it looks after those it has.</summary>
internal sealed class KeepingOptions
{
    private readonly Option<string[]> _mirror = new("--mirror")
    {
        Description = "Keep copies of shares of this name, with * ? and [a-z], as they appear, and of their newer versions. May be repeated.",
        HelpName = "PATTERN",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _mirrorPath = new("--mirror-path") { Description = "With --mirror: the folder for the copies.", HelpName = "DIR" };

    private readonly Option<int?> _mirrorCopies = CliOptions.Number(
        "--mirror-copies", "With --mirror: keep a copy only while fewer peers than that, besides the publisher, keep one. Default: in any case.", "COUNT", 1, int.MaxValue);

    private readonly Option<bool> _verify = new("--verify") { Description = "Read the files of earlier shares again and verify them before they are served." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_mirror, _mirrorPath, _mirrorCopies, _verify]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.IsWritten(_mirror) != result.IsWritten(_mirrorPath) || (result.IsWritten(_mirrorCopies) && !result.IsWritten(_mirror)))
                result.AddError("--mirror and --mirror-path go together; --mirror-copies has a meaning only with them.");
            if (result.GetResult(_mirror)?.Tokens.Any(token => token.Value.Length == 0) == true || result.Written(_mirrorPath) is "")
                result.AddError("--mirror takes a name or pattern, --mirror-path a folder; one of them is empty.");
        });
    }

    public PeerArguments Read(ParseResult result, PeerArguments arguments) => arguments with
    {
        Mirror = result.GetValue(_mirror) ?? [],
        MirrorPath = result.GetValue(_mirrorPath),
        MirrorCopies = result.GetValue(_mirrorCopies),
        Verify = result.GetValue(_verify),
    };
}
