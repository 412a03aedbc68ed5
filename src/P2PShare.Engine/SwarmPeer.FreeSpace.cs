using P2PShare.Engine.Storage;

namespace P2PShare.Engine;

// How much room there is where this peer's received files land, for the peer record. Measured here and not in the
// membership's loop, since a network drive that hangs would hang that, too.
internal sealed partial class SwarmPeer
{
    /// <summary>Between two looks, and so between two records that differ in nothing else.</summary>
    internal static readonly TimeSpan FreeSpaceInterval = TimeSpan.FromMinutes(5);

    private FreeSpace? _freeSpace;
    private ITimer? _freeSpaceTimer;

    private void MeasureFreeSpace()
    {
        // What is asked for by name goes wherever its user wants it; told is the room where things go by themselves.
        _freeSpace = new FreeSpace(_options.FileSystem, _accept?.Folder ?? _mirror?.Folder ?? _state.Path);
        _membership.FreeSpace = _freeSpace.Measure();
    }

    private void WatchFreeSpace()
    {
        _freeSpaceTimer = _time.CreateTimer(_ => LookAtFreeSpace(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        AwaitNextLook();
    }

    // Not periodic: looks that hang must not pile up.
    private void AwaitNextLook() => _freeSpaceTimer!.Change(FreeSpaceInterval, Timeout.InfiniteTimeSpan);

    private void LookAtFreeSpace()
    {
        var now = _membership.FreeSpace = _freeSpace!.Measure();
        if (FreeSpace.IsNews(_membership.ToldFreeSpace, now)) _membership.RenewOwnRecord();
        AwaitNextLook();
    }
}
