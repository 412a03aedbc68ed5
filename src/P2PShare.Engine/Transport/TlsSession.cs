using System.Net.Security;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Transport;

/// <summary>A finished, mutually authenticated handshake.</summary>
/// <param name="Stream">Owns the stream under it.</param>
/// <param name="RemoteId">Who is at the other end, proved by its key.</param>
/// <param name="RemoteLeaf">Its leaf certificate (DER).</param>
/// <param name="RemoteNotAfter">When that certificate ends, in UTC.</param>
/// <param name="RemoteIsNamed">Whether the root itself signed it: a named machine's.</param>
public sealed record TlsSession(SslStream Stream, PeerId RemoteId, ReadOnlyMemory<byte> RemoteLeaf, DateTime RemoteNotAfter, bool RemoteIsNamed);
