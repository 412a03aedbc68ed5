namespace P2PShare.Engine.Catalogue;

/// <summary>A present peer that holds a share, or some of it: an immutable snapshot.</summary>
/// <param name="PeerId">64 hexadecimal digits.</param>
/// <param name="Name">The name it goes by in the swarm.</param>
/// <param name="IsComplete">Whether it holds all of it.</param>
public sealed record ShareHolder(string PeerId, string Name, bool IsComplete);
