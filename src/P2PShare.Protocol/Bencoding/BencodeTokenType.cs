using System.Diagnostics.CodeAnalysis;

namespace P2PShare.Protocol.Bencoding;

/// <summary>What stands at a reader's position.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "BEP 3's own word.")]
public enum BencodeTokenType
{
    /// <summary><c>i…e</c></summary>
    Integer,

    /// <summary><c>length:bytes</c></summary>
    ByteString,

    /// <summary><c>l</c></summary>
    List,

    /// <summary><c>d</c></summary>
    Dictionary,

    /// <summary>The <c>e</c> that closes a list or a dictionary.</summary>
    End,

    /// <summary>No byte is left.</summary>
    EndOfInput,
}
