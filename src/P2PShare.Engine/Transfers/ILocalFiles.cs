using P2PShare.Protocol;

namespace P2PShare.Engine.Transfers;

/// <summary>Finds files already on this machine, so that they are copied and not fetched.</summary>
internal interface ILocalFiles
{
    /// <summary>Whether there may be such a file; asks no disk.</summary>
    bool Knows(Hash256 piecesRoot) => true;

    /// <summary>The path of a file with that content, as far as is known; what is read from it is verified. Null if there is none.</summary>
    string? Find(Hash256 piecesRoot, long length);
}
