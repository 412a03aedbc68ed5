using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>A connection whose other end has proved to be a member.</summary>
/// <param name="Stream">The encrypted stream; owns what is below it.</param>
/// <param name="Remote">Who is at the other end.</param>
public sealed record AuthenticatedConnection(Stream Stream, PeerId Remote)
{
    /// <summary>The leaf (DER) by which the other end proved to be an ordinary member; empty when it is a named machine, or nothing was shown.</summary>
    public ReadOnlyMemory<byte> MemberLeaf { get; init; }
}
