using System.Management.Automation;
using P2PShare.Engine;
using P2PShare.PowerShell.Bridge;

namespace P2PShare.PowerShell.Jobs;

/// <summary>A running peer as a job of the session that started it. Receive-Job gives its events; Stop-Job stops it.</summary>
public sealed partial class PeerJob : Job
{
    // A peer may run for months without anybody reading its events.
    private const int MaximumEvents = 5000;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly LocalPeer _peer;
    private readonly Lock _gate = new();
    private bool _closed;
    private volatile bool _stopRequested;

    internal PeerJob(LocalPeer peer, string command)
        : base(command, peer.Name)
    {
        _peer = peer;
        PSJobTypeName = nameof(PeerJob);
        Output.EnumeratorNeverBlocks = true;
        Error.EnumeratorNeverBlocks = true;
        SetJobState(JobState.Running);
        peer.Engine.EventRaised += OnEvent;
        peer.AttachView(WatchAsync());
    }

    /// <summary>64 hexadecimal digits.</summary>
    public string PeerId => _peer.PeerId;

    /// <summary>The swarm's name.</summary>
    public string SwarmName => _peer.Engine.SwarmName;

    /// <summary>The TCP port it listens on.</summary>
    public int Port => _peer.Engine.Port;

    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0;

    public override string Location => $"localhost:{Port}";

    public override string StatusMessage => _peer.Engine.State.ToString();

    internal LocalPeer Peer => _peer;

    public override void StopJob()
    {
        if (JobStateInfo.State is JobState.Completed or JobState.Failed or JobState.Stopped) return;
        _stopRequested = true;
        SetJobState(JobState.Stopping);
        Blocking.Run(() => LocalPeers.StopAsync(_peer, CancellationToken.None), StopLimit);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _peer.Engine.EventRaised -= OnEvent;
            lock (_gate) _closed = true;
        }

        base.Dispose(disposing);
    }

    private void OnEvent(object? sender, PeerEvent e)
    {
        RaiseTyped(e);

        // One a second and transfer would bury everything else; Get-P2PTransfer shows how far a transfer is.
        if (e.Kind == PeerEventKind.TransferProgress) return;
        lock (_gate)
        {
            if (_closed) return;
            while (Output.Count >= MaximumEvents) Output.RemoveAt(0);
            Output.Add(PSObject.AsPSObject(e));
        }
    }

    private async Task WatchAsync()
    {
        // Off the engine's threads: a job's state has handlers of others.
        await Task.Yield();
        Exception? failure = null;
        try
        {
            await _peer.Engine.Completion.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        _peer.Engine.EventRaised -= OnEvent;
        lock (_gate)
        {
            if (_closed) return;
            _closed = true;

            // A final state closes the streams, so the error has to be there before it.
            if (failure is not null) Error.Add(ErrorRecords.Create(failure, _peer.Name));
        }

        try
        {
            SetJobState(failure is not null ? JobState.Failed : _stopRequested ? JobState.Stopped : JobState.Completed);
        }
        catch (ObjectDisposedException)
        {
            // Removed at the same moment.
        }
    }
}
