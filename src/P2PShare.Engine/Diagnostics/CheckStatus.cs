namespace P2PShare.Engine.Diagnostics;

/// <summary>What came of a check.</summary>
public enum CheckStatus
{
    Passed,

    /// <summary>It works, and something about it should be known.</summary>
    Warning,

    Failed,

    /// <summary>It could not be made, or does not apply here; the detail says why.</summary>
    Skipped,
}
