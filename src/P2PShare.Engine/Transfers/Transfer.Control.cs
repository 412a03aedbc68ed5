using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: what a transfer's user can do with it, one thing at a time.</summary>
internal sealed partial class Transfer : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _control = new(1, 1);

    /// <summary>Its user had suspended it in an earlier run; it waits for <see cref="ResumeAsync"/>.</summary>
    public void MarkSuspended()
    {
        SetPhase(TransferState.Suspended);
        _completion.TrySetCanceled();
    }

    public async Task SuspendAsync(CancellationToken cancellationToken)
    {
        await _control.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_phase is TransferState.Completed or TransferState.Stopped or TransferState.Suspended) return;
            // Before its event, at which it is written down.
            Descriptor = Descriptor with { IsSuspended = true };
            await HaltAsync(TransferState.Suspended, "the transfer is suspended").ConfigureAwait(false);
            if (_phase == TransferState.Completed)
            {
                Descriptor = Descriptor with { IsSuspended = false };
                return;
            }

            if (Storage is { } storage) await storage.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _control.Release();
        }
    }

    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await _control.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_phase is not (TransferState.Suspended or TransferState.Failed)) return;
            await _run.WaitAsync(cancellationToken).ConfigureAwait(false);
            Descriptor = Descriptor with { IsSuspended = false };
            Start();
        }
        finally
        {
            _control.Release();
        }
    }

    public async Task StopAsync(bool keepPartial, CancellationToken cancellationToken)
    {
        await _control.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_phase == TransferState.Stopped) return;
            var completed = _phase == TransferState.Completed;
            await HaltAsync(TransferState.Stopped, "the transfer was stopped").ConfigureAwait(false);
            if (completed) return;
            if (Storage is null && !keepPartial && Info is { } info && Layers is { } layers && _services is { } services)
            {
                // A transfer of an earlier run that was not started in this one: its files are still there.
                var opened = await services.Storage.OpenAsync(Descriptor, info, layers, Attributes, new CheckedBytes(this), cancellationToken).ConfigureAwait(false);
                Storage = opened.Storage;
            }

            if (Storage is { } storage) await storage.AbandonAsync(keepPartial, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _control.Release();
        }
    }

    /// <summary>Ends all work, flushes and closes the files; the transfer can be started again in another run.</summary>
    public async Task CloseAsync(string reason)
    {
        await _control.WaitAsync().ConfigureAwait(false);
        try
        {
            // What the user sees stays: a peer that stops suspends nobody's transfer.
            await HaltAsync(null, reason).ConfigureAwait(false);
            Verification.Dispose();
            if (Storage is not { } storage) return;
            try
            {
                await storage.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (P2PShareException error)
            {
                _events.OnWarning(this, error.ErrorId, error.Message);
            }

            await storage.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _control.Release();
        }
    }

    /// <inheritdoc cref="CloseAsync"/>
    public async ValueTask DisposeAsync() => await CloseAsync("the peer stops").ConfigureAwait(false);

    /// <summary>Ends the run, closes the sessions and waits for the hashing threads. With <see cref="_control"/> held.</summary>
    private async Task HaltAsync(TransferState? state, string reason)
    {
        EnterHalt(state);
        if (_running is { } running) await running.CancelAsync().ConfigureAwait(false);
        CloseSessions(reason);
        await _run.ConfigureAwait(false);
        // The run may have been between two stages, and have set the next one meanwhile.
        EnterHalt(state);
        CloseSessions(reason);
        Verification.Schedule();
        using var patience = new CancellationTokenSource();
        await Task.WhenAny(Verification.IdleAsync(), Task.Delay(DrainTimeout, Time, patience.Token)).ConfigureAwait(false);
        await patience.CancelAsync().ConfigureAwait(false);
        _completion.TrySetCanceled();
        lock (Gate) Queue?.DropAll();
    }

    private void EnterHalt(TransferState? state)
    {
        lock (Gate)
        {
            if (Queue is { } queue) queue.IsPaused = true;
            // What was completed in the last moment is complete.
            if (state is not { } phase || (phase == TransferState.Suspended && _phase == TransferState.Completed)) return;
            _phase = phase;
            RaiseState();
            UpdateHolding();
        }
    }

    private void Fail(P2PShareException error)
    {
        lock (Gate)
        {
            _error = error.Message;
            _errorId = error.ErrorId;
            if (Queue is { } queue) queue.IsPaused = true;
            // A full disk is no fault of the transfer: it goes on where it was when there is room.
            _phase = error.ErrorId == ErrorIds.DiskFull ? TransferState.Suspended : TransferState.Failed;
            UpdateHolding();
            RaiseState();
        }

        CloseSessions("the transfer has failed");
        _completion.TrySetException(error);
    }
}
