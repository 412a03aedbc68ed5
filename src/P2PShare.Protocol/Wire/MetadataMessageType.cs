namespace P2PShare.Protocol.Wire;

/// <summary>The <c>msg_type</c> of BEP 9.</summary>
public enum MetadataMessageType
{
    Request = 0,
    Data = 1,
    Reject = 2,
}
