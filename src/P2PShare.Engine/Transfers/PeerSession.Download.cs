using P2PShare.Protocol;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: asking for blocks and receiving them.</summary>
internal sealed partial class PeerSession
{
    // Bytes nobody asked for that are forgiven, besides a twentieth of what was asked for: cancels cross on the way.
    private const long ForgivenBytes = 1 << 20;

    private const int HopBytes = PieceVerification.HopBytes;

    /// <summary>Bytes of blocks received from the peer, useless ones included.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    public Memory<byte> OnBlockStarting(int piece, int begin, int length)
    {
        LastMessageAt = _transfer.Time.GetTimestamp();
        var target = Memory<byte>.Empty;
        var solicited = false;
        lock (Gate)
        {
            if (_transfer.Queue is { } queue && !_closed) target = queue.BeginArrival(Download, piece, begin, length, out solicited);
        }

        if (!target.IsEmpty) return target;
        _transfer.CountWaste(length);
        if (!solicited)
        {
            _unsolicited += length;
            if (_unsolicited > ForgivenBytes + BytesReceived / 20)
                _transfer.Ban(this, "it sends blocks that it was not asked for");
        }

        return default;
    }

    public void OnBlockReceived(int piece, int begin, int length)
    {
        Interlocked.Add(ref _received, length);
        _transfer.CountReceived(length);
        var hop = false;
        lock (Gate)
        {
            if (Download.Arriving is null || _transfer.Queue is not { } queue) return;
            _others.Clear();
            if (!queue.EndArrival(Download, _others)) return;
            Download.ActiveAt = LastMessageAt;
            hop = queue.BytesToVerify >= HopBytes;
        }

        if (hop) _transfer.Verification.Schedule();
        foreach (var other in _others) ((PeerSession)other.Owner).SendRequest(MessageId.Cancel, new BlockRequest(piece, begin, length));
    }

    public void OnBatchEnd()
    {
        bool verify, released;
        lock (Gate)
        {
            verify = _transfer.Queue is { BytesToVerify: > 0 };
            released = _releasedBlocks;
            _releasedBlocks = false;
            Download.Pipeline.Update(_channel?.RoundTripTime ?? TimeSpan.Zero);
        }

        if (verify) _transfer.Verification.ScheduleSoon();
        if (released) _transfer.PumpAll();
        else Pump();
        if (_pendingUploads.Count > 0) _transfer.PaceUploads();
    }

    /// <summary>Asks for as many blocks as the pipeline allows, and says whether the peer is of interest. With no lock held, from any thread.</summary>
    public void Pump()
    {
        Span<BlockRequest> requests = stackalloc BlockRequest[64];
        int count;
        do
        {
            lock (Gate)
            {
                if (_closed || _channel is null || _transfer.Queue is not { } queue) return;
                UpdateInterest();
                if (queue.Budget.IsLimited) break;
                count = queue.Fill(Download, requests);
            }

            foreach (ref readonly var request in requests[..count]) SendRequest(MessageId.Request, request);
            if (count < requests.Length) return;
        }
        while (true);

        _transfer.PaceRequests();
    }

    /// <summary>Asks for some blocks, at most as many as fit, and no more once they are as long as is said. With no lock held.</summary>
    /// <param name="bytes">After which it ends.</param>
    /// <returns>How many.</returns>
    public int RequestMore(Span<BlockRequest> requests, int bytes)
    {
        int count;
        lock (Gate)
        {
            if (_closed || _channel is null || _transfer.Queue is not { } queue) return 0;
            count = queue.Fill(Download, requests, bytes);
        }

        foreach (ref readonly var request in requests[..count]) SendRequest(MessageId.Request, request);
        return count;
    }

    /// <summary>Takes back what was asked for and has not come. With the gate held.</summary>
    public void RecallRequests()
    {
        if (_transfer.Queue is not { } queue) return;
        foreach (var request in queue.ReleaseAll(Download, keepAwaiting: Capabilities.Fast)) SendRequest(MessageId.Cancel, request);
    }

    /// <summary>Gives its blocks to others when it has been silent too long. With the gate held.</summary>
    /// <returns>Whether there are blocks for others.</returns>
    public bool CheckSilence(TimeSpan snubAfter, TimeSpan closeAfter)
    {
        if (Download.Outstanding == 0 || _transfer.Queue is not { } queue) return false;
        var silent = _transfer.Time.GetElapsedTime(Download.ActiveAt);
        if (silent > closeAfter)
        {
            Close($"it sent nothing of what it was asked for in {closeAfter.TotalSeconds:0} s");
            return false;
        }

        if (silent <= snubAfter || Download.IsSnubbed || Download.Live == 0) return false;
        Download.IsSnubbed = true;
        queue.ReleaseAll(Download, keepAwaiting: true);
        return true;
    }

    private void OnChoke()
    {
        lock (Gate)
        {
            Download.IsChoking = true;
            if (_transfer.Queue is not { } queue) return;
            queue.ReleaseAll(Download, keepAwaiting: Capabilities.Fast);
            _releasedBlocks = true;
        }
    }

    private void OnUnchoke()
    {
        lock (Gate)
        {
            Download.IsChoking = false;
            // What it refused it may have now, or have reason to give: a new unchoke says so.
            Download.ForgetRefusals();
        }
    }

    private void OnReject(in BlockRequest request)
    {
        lock (Gate)
        {
            if (_transfer.Queue is not { } queue || !queue.Reject(Download, request)) return;
            _releasedBlocks = true;
        }
    }

    private void UpdateInterest()
    {
        var interested = Download.Interesting > 0 && !Download.IsBarred;
        if (interested == _sentInterest) return;
        _sentInterest = interested;
        SendEmpty(interested ? MessageId.Interested : MessageId.NotInterested);
    }
}
