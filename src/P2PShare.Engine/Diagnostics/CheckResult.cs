namespace P2PShare.Engine.Diagnostics;

/// <summary>One thing that was looked at: an immutable snapshot.</summary>
public sealed record CheckResult
{
    /// <summary>One of <see cref="CheckNames"/>: stable, for scripts.</summary>
    public required string Name { get; init; }

    public required CheckStatus Status { get; init; }

    /// <summary>What was found, in a sentence.</summary>
    public required string Detail { get; init; }

    /// <summary>What to do about it; empty when nothing is to be done.</summary>
    public string Recommendation { get; init; } = "";

    /// <summary>What was checked, where there can be several: an address, a folder, a member.</summary>
    public string Target { get; init; } = "";

    /// <summary>The local peer's name; empty when none runs.</summary>
    public string Peer { get; init; } = "";

    public override string ToString() => $"{Name}: {Status}";
}
