using System.Collections.Concurrent;
using System.Net;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Membership;

// Whether a peer can be dialled is seen only from elsewhere: members do each other that service.
internal sealed partial class SwarmMembership
{
    private const int MaxDialBacks = 16;
    private const int MaxDialBackAddresses = 8;
    private static readonly TimeSpan DialBackTime = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan DialBackPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DialBackPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(PeerId Member, long Token), TaskCompletionSource<DialBackAnswer>> _dialBackQuestions = new();
    private readonly Dictionary<PeerId, long> _dialBacks = [];
    private long _dialBackToken;

    /// <summary>Asks a member to dial this peer at the addresses of its record.</summary>
    /// <exception cref="P2PShareException">PeerUnreachable, PeerRefused: the member itself; TimedOut: it does not answer.</exception>
    public async Task<DialBackAnswer> AskDialBackAsync(PeerId member, CancellationToken cancellationToken)
    {
        var link = await _transport.ConnectAsync(member, cancellationToken).ConfigureAwait(false);
        var key = (link.Remote, Interlocked.Increment(ref _dialBackToken));
        var answer = new TaskCompletionSource<DialBackAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _dialBackQuestions[key] = answer;
        try
        {
            link.Send(new DialBack(key.Item2));
            return await answer.Task.WaitAsync(DialBackPatience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new P2PShareException(
                ErrorKind.OperationTimeout, ErrorIds.TimedOut, $"'{NameOf(member)}' did not answer within {DialBackPatience.TotalSeconds:0} s; its version may not know the question.", NameOf(member));
        }
        finally
        {
            _dialBackQuestions.TryRemove(key, out _);
        }
    }

    private void OnDialBackAnswer(Link link, DialBackAnswer answer)
    {
        if (_dialBackQuestions.TryRemove((link.Remote, answer.Token), out var asked)) asked.TrySetResult(answer);
    }

    private void OnDialBack(Link link, DialBack question)
    {
        foreach (var (peer, _) in _dialBacks.Where(dial => dial.Value != 0 && _time.GetElapsedTime(dial.Value) >= DialBackPause).ToList()) _dialBacks.Remove(peer);
        if (_dialBacks.Count >= MaxDialBacks || !_dialBacks.TryAdd(link.Remote, 0))
        {
            link.Send(new DialBackAnswer { Token = question.Token, UnixTimeMilliseconds = Now, IsBusy = true });
            return;
        }

        // The signed record alone: whoever asks cannot send this peer against others. A TLS handshake is all that is done there.
        var addresses = _store.FindPeer(link.Remote)?.Details.Addresses.Take(MaxDialBackAddresses).ToList() ?? [];
        _ = DialBackAsync(link, question.Token, addresses);
    }

    private async Task DialBackAsync(Link link, long token, List<IPEndPoint> addresses)
    {
        var reached = await Task.WhenAll(addresses.Select(address => CanDialAsync(link.Remote, address))).ConfigureAwait(false);
        Post(() =>
        {
            _dialBacks[link.Remote] = _time.GetTimestamp();
            if (link.IsClosed) return;
            link.Send(new DialBackAnswer
            {
                Token = token,
                UnixTimeMilliseconds = Now,
                Reached = [.. addresses.Where((_, index) => reached[index])],
                Missed = [.. addresses.Where((_, index) => !reached[index])],
            });
        });
    }

    private async Task<bool> CanDialAsync(PeerId peer, IPEndPoint address)
    {
        using var timeout = new CancellationTokenSource(DialBackTime, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop);
        try
        {
            await _transport.ProbeAsync(AddressText.Format(address), peer, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is P2PShareException or OperationCanceledException)
        {
            return false;
        }
    }
}
