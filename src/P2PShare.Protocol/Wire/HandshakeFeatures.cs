namespace P2PShare.Protocol.Wire;

/// <summary>What a handshake's reserved bytes announce, as one big-endian number: the last byte's lowest bit is bit 0.</summary>
[Flags]
public enum HandshakeFeatures : ulong
{
    None = 0,

    /// <summary>DHT (BEP 5): reserved[7] |= 0x01.</summary>
    Dht = 0x01,

    /// <summary>Fast extension (BEP 6): reserved[7] |= 0x04.</summary>
    Fast = 0x04,

    /// <summary>Can upgrade a hybrid torrent to v2 (BEP 52): reserved[7] |= 0x10.</summary>
    V2Upgrade = 0x10,

    /// <summary>Extension protocol (BEP 10): reserved[5] |= 0x10.</summary>
    Extensions = 0x10_0000,
}
