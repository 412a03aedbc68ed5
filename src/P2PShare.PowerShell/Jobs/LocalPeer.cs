using P2PShare.Engine;
using P2PShare.Engine.Reporting;

namespace P2PShare.PowerShell.Jobs;

/// <summary>A peer that runs in this process.</summary>
internal sealed class LocalPeer
{
    private readonly Lock _gate = new();
    private Task _viewEnded = Task.CompletedTask;

    public LocalPeer(IPeer engine)
    {
        Engine = engine;
        Recorder = new RunRecorder(engine, TimeProvider.System);
    }

    public IPeer Engine { get; }

    /// <summary>What the peer has seen since it was started.</summary>
    public RunRecorder Recorder { get; }

    public string PeerId => Engine.PeerId;

    public string Name => Engine.Name;

    public string SwarmId => Engine.SwarmId;

    /// <summary>Ends when the peer has stopped, is off the list, and its job (if any) shows its final state.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Says that a job shows this peer.</summary>
    /// <param name="ended">Ends when the job has its final state.</param>
    public void AttachView(Task ended)
    {
        lock (_gate) _viewEnded = ended;
    }

    /// <summary>Calls <paramref name="remove"/> when the peer has stopped.</summary>
    public void Watch(Action<LocalPeer> remove) => Ended = WatchAsync(remove);

    private async Task WatchAsync(Action<LocalPeer> remove)
    {
        await Engine.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        remove(this);
        await Recorder.DisposeAsync().ConfigureAwait(false);
        Task view;
        lock (_gate) view = _viewEnded;
        await view.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
