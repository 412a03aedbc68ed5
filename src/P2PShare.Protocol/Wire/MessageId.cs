namespace P2PShare.Protocol.Wire;

/// <summary>The byte after a message's length prefix (BEP 3, 5, 6, 10, 52).</summary>
public enum MessageId : byte
{
    Choke = 0,
    Unchoke = 1,
    Interested = 2,
    NotInterested = 3,
    Have = 4,
    Bitfield = 5,
    Request = 6,
    Piece = 7,
    Cancel = 8,

    /// <summary>The sender's DHT port (BEP 5).</summary>
    Port = 9,

    /// <summary>BEP 6.</summary>
    Suggest = 13,

    /// <summary>BEP 6.</summary>
    HaveAll = 14,

    /// <summary>BEP 6.</summary>
    HaveNone = 15,

    /// <summary>BEP 6.</summary>
    RejectRequest = 16,

    /// <summary>BEP 6.</summary>
    AllowedFast = 17,

    /// <summary>BEP 10; the next byte is the extension's number.</summary>
    Extended = 20,

    /// <summary>BEP 52.</summary>
    HashRequest = 21,

    /// <summary>BEP 52.</summary>
    Hashes = 22,

    /// <summary>BEP 52.</summary>
    HashReject = 23,
}
