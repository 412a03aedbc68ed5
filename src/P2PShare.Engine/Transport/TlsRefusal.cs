namespace P2PShare.Engine.Transport;

/// <summary>Why a handshake failed, for events and logs.</summary>
/// <param name="Text">One sentence for people, without anything the other side could have written.</param>
public sealed record TlsRefusal(TlsRefusalReason Reason, string Text)
{
    public override string ToString() => Text;
}
