using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Storage;

/// <summary>One file of a share that is being received.</summary>
internal sealed class PartialFile(TorrentFile file, bool isWanted)
{
    private volatile PartialFileState _state;

    public TorrentFile File { get; } = file;

    /// <summary>Whether it was chosen; of others nothing is ever written.</summary>
    public bool IsWanted { get; } = isWanted;

    public PartialFileState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>Whether it was found complete under its own name, and nothing tells that this peer had received it.</summary>
    public bool WasThere { get; set; }

    /// <summary>
    /// Its size and time when it was last known to be what was verified: just before its renaming, or before it was hashed
    /// where it was found. What happens to it afterwards shows as a difference.
    /// </summary>
    public FileState Verified { get; set; }

    /// <summary>Whether its one piece was written and its time and mode set in one go, so that it need not be opened again.</summary>
    public bool IsFinished { get; set; }

    /// <summary>How often its partial file was lost and has to be made anew; guarded by the ledger.</summary>
    public int Generation { get; set; }

    /// <summary>Whether it was written to since the last flush; guarded by the ledger.</summary>
    public bool IsDirty { get; set; }

    public int LastPiece => File.FirstPiece + File.PieceCount - 1;
}
