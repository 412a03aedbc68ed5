namespace P2PShare.PowerShell.Bridge;

/// <summary>Where a worker writes what a user shall see: the pipeline of a cmdlet, or the streams of a job.</summary>
internal abstract class PipelineOutput
{
    public abstract ValueTask WriteObjectAsync(object value);

    public abstract ValueTask WriteErrorAsync(Exception exception, object? target = null);

    public abstract ValueTask WriteVerboseAsync(string text);

    public abstract ValueTask WriteDebugAsync(string text);

    public abstract ValueTask WriteWarningAsync(string text);

    /// <summary>Whether the user wants it done, as -WhatIf and -Confirm have it.</summary>
    public abstract Task<bool> ShouldProcessAsync(string target, string action);
}
