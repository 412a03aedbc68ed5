namespace P2PShare.Cli;

/// <summary>The exit codes of <c>p2pshare</c>; scripts depend on them.</summary>
internal static class ExitCodes
{
    /// <summary>All that was asked for is done.</summary>
    public const int Done = 0;

    /// <summary>Something failed; standard error says what.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted (Ctrl-C) before the end.</summary>
    public const int Interrupted = 130;
}
