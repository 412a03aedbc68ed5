namespace P2PShare.Protocol;

/// <summary>Bytes from outside that break a rule of the protocol. Derived types say which rule; the connection or file they came from is not to be trusted further.</summary>
public class ProtocolException : Exception
{
    public ProtocolException() { }

    public ProtocolException(string message) : base(message) { }

    public ProtocolException(string message, Exception innerException) : base(message, innerException) { }
}
