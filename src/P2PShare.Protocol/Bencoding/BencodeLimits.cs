namespace P2PShare.Protocol.Bencoding;

/// <summary>How much of an input a <see cref="BencodeReader"/> is willing to walk through.</summary>
public sealed record BencodeLimits
{
    /// <summary>100 levels, 2,000,000 tokens.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>How many lists and dictionaries may be nested in each other.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>How many values and keys may be read in all; closing bytes are not counted.</summary>
    public int MaxTokens { get; init; } = 2_000_000;
}
