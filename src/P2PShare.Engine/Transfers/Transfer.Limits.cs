using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>This part: its own rate limits, and its turns under those of the process.</summary>
internal sealed partial class Transfer
{
    // What is asked for, or given, at one turn: a long block, or as many short ones.
    private const int BytesPerTurn = ActivePiece.LongBlockSize;

    // Visits of a session in which it saves for an answer as long as any.
    private const int MostVisits = BlockRequest.MaxLength / BlockRequest.BlockSize;

    private int _downloadTurn;
    private int _uploadTurn;

    /// <summary>Holds back what it asks for.</summary>
    public RateLimiter DownloadLimit { get; }

    /// <summary>Holds back what it answers.</summary>
    public RateLimiter UploadLimit { get; }

    /// <summary>Whether answers wait for their turn.</summary>
    public bool IsUploadLimited => UploadLimit.IsLimited || Resources.UploadLimit.IsLimited;

    public void SetLimits(long? uploadLimit, long? downloadLimit)
    {
        RateLimiter.ThrowIfInvalid(uploadLimit, nameof(uploadLimit));
        RateLimiter.ThrowIfInvalid(downloadLimit, nameof(downloadLimit));
        RecallUnderWay(uploadLimit is not null, downloadLimit is not null);
        lock (Gate) Descriptor = Descriptor with { UploadLimit = uploadLimit, DownloadLimit = downloadLimit };
        UploadLimit.Limit = uploadLimit;
        DownloadLimit.Limit = downloadLimit;
        GoOn();
        _events.OnLimitsChanged(this);
    }

    /// <summary>Before limits change: takes back what was handed out under the old ones and would go beyond the new.</summary>
    public void RecallUnderWay(bool upload, bool download)
    {
        foreach (var session in Sessions)
        {
            lock (Gate)
            {
                if (upload && session.IsOpen) session.RecallUploads();
                if (download && session.IsOpen) session.RecallRequests();
            }
        }
    }

    /// <summary>After limits have changed: hands out under the new ones. With no lock held.</summary>
    public void GoOn()
    {
        PumpAll();
        PaceUploads();
    }

    /// <summary>Answers wait: they are given when the limits allow it. With no lock held.</summary>
    public void PaceUploads()
    {
        Resources.UploadPacer.Wait(this);
        Resources.UploadPacer.Serve();
    }

    /// <summary>Requests are wanted: they are made when the limits allow it. With no lock held.</summary>
    public void PaceRequests()
    {
        Resources.DownloadPacer.Wait(this);
        Resources.DownloadPacer.Serve();
    }

    /// <summary>Has the next of its sessions make some requests.</summary>
    /// <returns>False when none could.</returns>
    public bool RequestInTurn()
    {
        Span<BlockRequest> requests = stackalloc BlockRequest[BytesPerTurn / BlockRequest.BlockSize];
        var sessions = Sessions;
        for (var i = 0; i < sessions.Length; i++)
        {
            var turn = (int)((uint)Volatile.Read(ref _downloadTurn) % (uint)sessions.Length);
            Volatile.Write(ref _downloadTurn, turn + 1);
            if (sessions[turn].RequestMore(requests, BytesPerTurn) > 0) return true;
        }

        return false;
    }

    /// <summary>Hands waiting answers of its sessions to their channels.</summary>
    /// <returns>False when none waits, or its own limit holds them back.</returns>
    public bool AnswerInTurn()
    {
        var given = 0;
        while (given < BytesPerTurn && Resources.UploadLimit.HasTokens && AnswerNext() is var length and > 0) given += length;
        return given > 0;
    }

    // Deficit round-robin: a peer that asks for longer blocks gets no more of them. The bytes of the answer, 0 for none.
    private int AnswerNext()
    {
        var sessions = Sessions;
        for (var i = 0; i < MostVisits * sessions.Length; i++)
        {
            lock (Gate)
            {
                if (!UploadLimit.HasTokens) return 0;
                var turn = (int)((uint)_uploadTurn % (uint)sessions.Length);
                _uploadTurn = turn + 1;
                if (sessions[turn].IsOpen && sessions[turn].AnswerOne() is var length and > 0) return length;
            }
        }

        return 0;
    }
}
