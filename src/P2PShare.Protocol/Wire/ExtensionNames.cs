namespace P2PShare.Protocol.Wire;

/// <summary>The extensions of BEP 10 that we speak, by the names of the handshake's <c>m</c>.</summary>
public static class ExtensionNames
{
    /// <summary>The info dictionary, in pieces (BEP 9).</summary>
    public const string Metadata = "ut_metadata";

    /// <summary>The share's attributes blob (times, modes), in pieces: the messages of BEP 9, its size announced as <c>p2p_attributes_size</c>.</summary>
    public const string Attributes = "p2p_attributes";
}
