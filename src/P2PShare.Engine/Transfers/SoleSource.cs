namespace P2PShare.Engine.Transfers;

/// <summary>
/// What a peer that alone has all of a share gives to whom: no piece a second time before each was given once, so that
/// the copies come from those who have them by then and the source's own line carries little more than one copy. Who
/// asks for a piece that another was given is refused it (BEP 6) and asks for another one; the effect is that of BEP
/// 16's super-seeding, and nothing has to be pretended. With a second source nobody could tell what is out already, and
/// what each had given to somebody all would refuse to the others. Guarded by the transfer's gate.
/// </summary>
internal sealed class SoleSource(Transfer transfer, ISwarmShares shares)
{
    // A peer that got nothing for so long, because all it wants was given to others, is given it all the same: perhaps
    // it cannot reach those who have it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ExemptFor = TimeSpan.FromSeconds(10);

    // For each piece how many of the sessions have it, and whom it was given to that does not have it yet.
    private int[]? _copies;
    private PeerSession?[] _givenTo = [];
    private int _unsent;

    /// <summary>Whether pieces are being spread just now.</summary>
    public bool IsActive => _copies is not null;

    /// <summary>Whether a piece may be given to a peer now.</summary>
    public bool Allows(PeerSession session, int piece)
    {
        if (_copies is not { } copies || session.Download.Have is null) return true;
        if (_givenTo[piece] == session) return true;
        if (_givenTo[piece] is null && copies[piece] == 0)
        {
            _givenTo[piece] = session;
            if (--_unsent == 0) ForgiveStarved();
            return true;
        }

        if (_unsent == 0 || IsExempt(session)) return true;
        if (session.DeferredAt is null) Defer(session);
        return false;
    }

    /// <summary>Begins or ends as the peers there are demand; called when one comes, goes, or has said what it has, and now and then.</summary>
    public void Review()
    {
        var isWanted = false;
        foreach (var session in transfer.Sessions)
        {
            if (session.IsForeign || session.Download.Have is { IsFull: true })
            {
                End();
                return;
            }

            isWanted |= session.Download.Have is not null;
        }

        if (!isWanted || !transfer.IsComplete || shares.IsCompleteElsewhere(transfer.InfoHash)) End();
        else if (_copies is null) Begin(transfer.Info!.PieceCount);
    }

    /// <summary>A peer has said what it has.</summary>
    public void Add(PeerSession session)
    {
        if (_copies is not { } copies || session.Download.Have is not { } have) return;
        for (var piece = have.IndexOf(true); piece >= 0; piece = piece + 1 < have.Length ? have.IndexOf(true, piece + 1) : -1) CountCopy(copies, piece);
    }

    /// <summary>A peer has one more piece.</summary>
    public void AddHave(int piece)
    {
        if (_copies is { } copies) CountCopy(copies, piece);
    }

    /// <summary>A peer is gone, and what it alone had with it.</summary>
    public void Remove(PeerSession session)
    {
        if (_copies is not { } copies) return;
        TakeBack(session);
        if (session.Download.Have is not { } have) return;
        var before = _unsent;
        for (var piece = have.IndexOf(true); piece >= 0; piece = piece + 1 < have.Length ? have.IndexOf(true, piece + 1) : -1)
            if (--copies[piece] == 0 && _givenTo[piece] is null) _unsent++;
        if (_unsent > before) Forgive();
    }

    /// <summary>What a peer was being given will not reach it: it was choked, or is gone.</summary>
    public void TakeBack(PeerSession session)
    {
        if (_copies is not { } copies) return;
        var before = _unsent;
        for (var piece = 0; piece < _givenTo.Length; piece++)
        {
            if (_givenTo[piece] != session) continue;
            _givenTo[piece] = null;
            if (copies[piece] == 0) _unsent++;
        }

        // Those that were refused it because of this one would not ask again by themselves.
        if (_unsent > before) Forgive();
    }

    /// <summary>Ends when others have all of it by now; else lets those ask again that got nothing for too long. Called about once a second.</summary>
    public void Tick()
    {
        if (_copies is null) return;
        Review();
        foreach (var session in transfer.Sessions)
        {
            if (session.DeferredAt is not { } since || session.AmChoking) continue;
            if (!IsStarved(session))
            {
                Defer(session);
                continue;
            }

            if (transfer.Time.GetElapsedTime(since) < Patience) continue;
            session.ExemptFrom = transfer.Time.GetTimestamp();
            session.Forgive();
        }
    }

    // Whether it has got nothing since it was refused something.
    private static bool IsStarved(PeerSession session) => session.DeferredAt is not null && session.BytesSent == session.SentWhenDeferred;

    private void Defer(PeerSession session)
    {
        session.DeferredAt = transfer.Time.GetTimestamp();
        session.SentWhenDeferred = session.BytesSent;
    }

    private bool IsExempt(PeerSession session) => session.ExemptFrom is { } from && transfer.Time.GetElapsedTime(from) < ExemptFor;

    private void CountCopy(int[] copies, int piece)
    {
        var wasOut = copies[piece]++ > 0 || _givenTo[piece] is not null;
        _givenTo[piece] = null;
        if (!wasOut && --_unsent == 0) ForgiveStarved();
    }

    private void Begin(int pieces)
    {
        _copies = new int[pieces];
        _givenTo = new PeerSession?[pieces];
        _unsent = pieces;
        foreach (var session in transfer.Sessions) Add(session);
    }

    private void End()
    {
        if (_copies is null) return;
        _copies = null;
        _givenTo = [];
        Forgive();
    }

    /// <summary>
    /// All was given once: who got nothing for it may ask again. The others have been busy with other pieces, and find what
    /// they were refused with those that were given it; if they don't, <see cref="Tick"/> lets them off.
    /// </summary>
    private void ForgiveStarved()
    {
        foreach (var session in transfer.Sessions)
            if (IsStarved(session)) session.Forgive();
    }

    /// <summary>Whoever was refused something may ask for it again: what one was given came back.</summary>
    private void Forgive()
    {
        foreach (var session in transfer.Sessions)
            if (session.DeferredAt is not null) session.Forgive();
    }
}
