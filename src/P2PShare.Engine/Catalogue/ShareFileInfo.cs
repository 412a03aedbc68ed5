namespace P2PShare.Engine.Catalogue;

/// <summary>One file inside a share: an immutable snapshot.</summary>
public sealed record ShareFileInfo
{
    /// <summary>The path inside the share, with forward slashes.</summary>
    public required string RelativePath { get; init; }

    /// <summary>Position in the share's file list, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Bytes.</summary>
    public long Length { get; init; }

    /// <summary>Modification time in UTC as published; null when it was not.</summary>
    public DateTime? LastWriteTime { get; init; }

    /// <summary>The root of the file's Merkle tree as 64 hexadecimal digits (BEP 52); empty for an empty file.</summary>
    public string PiecesRoot { get; init; } = "";

    public required string ShareName { get; init; }

    public required string InfoHash { get; init; }

    /// <summary>The local peer through which it is seen.</summary>
    public string PeerId { get; init; } = "";

    public override string ToString() => RelativePath;
}
