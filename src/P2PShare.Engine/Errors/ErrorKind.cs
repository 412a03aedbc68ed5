namespace P2PShare.Engine.Errors;

/// <summary>What sort of failure an error is; the names are PowerShell's ErrorCategory names, so the edge maps them one to one.</summary>
public enum ErrorKind
{
    NotSpecified,
    AuthenticationError,
    ConnectionError,
    InvalidArgument,
    InvalidData,
    InvalidOperation,
    ObjectNotFound,
    OperationStopped,
    OperationTimeout,
    PermissionDenied,
    ReadError,
    ResourceBusy,
    ResourceExists,
    ResourceUnavailable,
    WriteError,
}
