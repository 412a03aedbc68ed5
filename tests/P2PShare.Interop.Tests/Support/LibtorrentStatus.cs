namespace P2PShare.Interop.Tests.Support;

/// <summary>How libtorrent's torrent stands.</summary>
/// <param name="Port">Where it listens.</param>
/// <param name="State">libtorrent's word for it.</param>
/// <param name="Seeding">Whether it has all of it.</param>
/// <param name="Done">Bytes on disk and verified.</param>
/// <param name="Received">Bytes of blocks received.</param>
/// <param name="Sent">Bytes of blocks sent.</param>
/// <param name="Peers">Connections now.</param>
/// <param name="Attempts">Connections that have ended.</param>
/// <param name="Error">Why it stopped, if it did.</param>
internal sealed record LibtorrentStatus(int Port, string State, bool Seeding, long Done, long Received, long Sent, int Peers, int Attempts, string? Error);
