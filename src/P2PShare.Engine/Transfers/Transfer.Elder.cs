namespace P2PShare.Engine.Transfers;

/// <summary>
/// This part: a second transfer of one share on one peer. There is one channel a share to each holder, and it would be a
/// waste to fetch the same bytes twice: the later transfer waits for the earlier and then takes what that has.
/// </summary>
internal sealed partial class Transfer
{
    /// <summary>Whether it is at work, or waits for its turn.</summary>
    public bool IsRunning => !_metadataOnly && !Volatile.Read(ref _run).IsCompleted;

    private async Task WaitForElderAsync(CancellationToken cancellationToken)
    {
        while (_services!.FindElder(this) is { } elder)
        {
            lock (Gate) _elderNote = $"It waits for the transfer of the same share to '{elder.Descriptor.Destination}', to copy from there.";
            await Volatile.Read(ref elder._run).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (Info is null && elder.Info is { } info) SetInfo(info);
            if (Info is not null) Layers ??= elder.Layers;
            AttributesBlob ??= elder.AttributesBlob;
        }

        lock (Gate) _elderNote = null;
    }
}
