using System.Management.Automation;
using P2PShare.Engine.Errors;

namespace P2PShare.PowerShell;

/// <summary>Turns exceptions into error records: id, category, target and what to do about it.</summary>
internal static class ErrorRecords
{
    /// <param name="exception">The failure.</param>
    /// <param name="target">The offending input, when the exception does not name it itself.</param>
    public static ErrorRecord Create(Exception exception, object? target = null)
    {
        if (exception is P2PShareException known)
        {
            var category = Enum.TryParse<ErrorCategory>(known.Kind.ToString(), out var parsed) ? parsed : ErrorCategory.NotSpecified;
            var record = new ErrorRecord(known, known.ErrorId, category, known.Target ?? target);
            if (known.Recommendation is not null) record.ErrorDetails = new ErrorDetails(known.Message) { RecommendedAction = known.Recommendation };
            return record;
        }

        if (exception is IContainsErrorRecord { ErrorRecord: { } contained }) return contained;
        var guess = exception switch
        {
            UnauthorizedAccessException => ErrorCategory.PermissionDenied,
            FileNotFoundException or DirectoryNotFoundException => ErrorCategory.ObjectNotFound,
            IOException => ErrorCategory.WriteError,
            ArgumentException => ErrorCategory.InvalidArgument,
            TimeoutException => ErrorCategory.OperationTimeout,
            _ => ErrorCategory.NotSpecified,
        };
        return new ErrorRecord(exception, exception.GetType().Name, guess, target);
    }
}
