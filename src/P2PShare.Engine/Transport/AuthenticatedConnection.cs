using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>A connection whose other end has proved to be a member.</summary>
/// <param name="Stream">The encrypted stream; owns what is below it.</param>
/// <param name="Remote">Who is at the other end.</param>
public sealed record AuthenticatedConnection(Stream Stream, PeerId Remote);
