namespace P2PShare.Engine.Catalogue;

/// <summary>How far a share has come with one peer: an immutable snapshot.</summary>
public sealed record ShareRecipient
{
    /// <summary>The peer's name.</summary>
    public required string Name { get; init; }

    /// <summary>64 hexadecimal digits.</summary>
    public required string PeerId { get; init; }

    public RecipientState State { get; init; }

    /// <summary>Whether the peer is in the swarm now.</summary>
    public bool IsPresent { get; init; }

    /// <summary>What is worth saying besides: why it was declined or failed, why it cannot be delivered. May be empty.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Whether something may still change without anybody offering it again.</summary>
    internal bool IsOpen => State is RecipientState.Undelivered or RecipientState.Listed or RecipientState.Receiving || (State == RecipientState.None && IsPresent);

    public override string ToString() => Detail.Length == 0 ? $"{Name}: {State}" : $"{Name}: {State} ({Detail})";
}
