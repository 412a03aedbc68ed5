namespace P2PShare.Engine.Errors;

/// <summary>A failure the engine reports to its user: what happened, to which file or peer, and what to do about it.</summary>
public sealed class P2PShareException : Exception
{
    public P2PShareException(ErrorKind kind, string errorId, string message, object? target = null, string? recommendation = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        ErrorId = errorId;
        Target = target;
        Recommendation = recommendation;
    }

    public ErrorKind Kind { get; }

    /// <summary>One of <see cref="ErrorIds"/>.</summary>
    public string ErrorId { get; }

    /// <summary>The offending input: a path, an address, a name.</summary>
    public object? Target { get; }

    /// <summary>What the user can do about it.</summary>
    public string? Recommendation { get; }
}
