namespace P2PShare.Engine.Catalogue;

/// <summary>What became of a share and its files.</summary>
public sealed record ShareRemoval
{
    /// <summary>The share as it was before.</summary>
    public required ShareInfo Share { get; init; }

    /// <summary>The files that were deleted.</summary>
    public IReadOnlyList<string> Deleted { get; init; } = [];

    /// <summary>The received files that were not, and why. A published file is never among either.</summary>
    public IReadOnlyList<KeptFile> Kept { get; init; } = [];
}
