using System.Net;

namespace P2PShare.Engine.Discovery;

/// <summary>A datagram that came to one of the groups.</summary>
/// <param name="Data">Its bytes, unchecked.</param>
/// <param name="From">Whom it says to be from.</param>
internal readonly record struct HeardDatagram(ReadOnlyMemory<byte> Data, IPEndPoint From);
