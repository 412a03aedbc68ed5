namespace P2PShare.Engine.Storage;

/// <summary>Where a wanted file's bytes are.</summary>
internal enum PartialFileState
{
    /// <summary>Nowhere yet.</summary>
    Absent,

    /// <summary>In its partial file.</summary>
    Partial,

    /// <summary>Complete, under its own name.</summary>
    Final,
}
