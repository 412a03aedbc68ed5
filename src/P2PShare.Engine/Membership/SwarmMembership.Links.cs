using System.Net;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;

namespace P2PShare.Engine.Membership;

// What the transport tells, and who is spoken to over which link.
internal sealed partial class SwarmMembership
{
    private const int MaxRelays = 256;
    private const int MaxJoinRetries = 3;
    private const int MaxHints = 10_000;
    private const int MaxAskedToPassOn = 4;

    // Asked for by whoever dials, on any thread.
    private long _callBackToken;

    private static readonly TimeSpan RelayMemory = TimeSpan.FromMinutes(2);

    // As the coordinator: the links over which members come that cannot be reached directly.
    private readonly Dictionary<PeerId, Link> _relayedVia = [];

    // As a relay: who speaks with whom through this peer, and when they last did.
    private readonly Dictionary<(PeerId From, PeerId To), long> _relaying = [];
    private readonly Dictionary<PeerId, long> _relayHeard = [];
    private long _relayPinged;
    private readonly HashSet<PeerId> _leaving = [];
    private readonly HashSet<(PeerId, long)> _claimsRefused = [];

    void ITransportEvents.OnLinkUp(Link link) => Post(() => OnLinkUp(link));

    void ITransportEvents.OnLinkDown(Link link, string reason, bool wasPrimary) => Post(() => OnLinkLost(link, reason, wasPrimary));

    void ITransportEvents.OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload)
    {
        // Decoded by the link's reader, so that what is malformed ends that link and nothing else.
        if (!MembershipCodec.TryDecode(type, payload, out var message)) return;
        if (!_mailbox.Writer.TryWrite(() => Receive(link, message))) link.CloseConnection("this peer cannot keep up with its messages");
    }

    void ITransportEvents.OnRefused(string address, string reason, bool incoming) => _events.OnRefused(address, reason, incoming);

    IReadOnlyList<string> ITransportEvents.AddressesOf(PeerId peer)
    {
        var addresses = new List<IPEndPoint>();
        if (_store.FindPeer(peer) is { } record) addresses.AddRange(record.Details.Addresses);
        lock (_hints)
            if (_hints.TryGetValue(peer, out var hints)) addresses.AddRange(hints);
        return [.. addresses.Distinct().Select(AddressText.Format)];
    }

    bool ITransportEvents.TryRequestCallBack(PeerId peer)
    {
        var message = new CallMeBack { Target = peer, Caller = _self, Addresses = _record.Current.Details.Addresses, Token = Interlocked.Increment(ref _callBackToken) };
        // The coordinator has a link to everybody; some others, in case it has none to this one.
        var relays = _transport.Links.Where(link => !link.IsClosed && link.Remote != peer).OrderByDescending(link => link.Remote == _coordinator).Take(MaxAskedToPassOn).ToList();
        foreach (var link in relays) link.Send(message);
        return relays.Count > 0;
    }

    private void OnLinkUp(Link link)
    {
        _verifier.NoteMember(link.Identity.MemberLeaf.Span);
        if (link.Identity.ObservedAddress is { } observed && _record.AddObserved(new IPEndPoint(observed.Address, _transport.Port))) RenewRecord();
        _reunions.Remove(link.Remote);
        link.Send(StatusFor(link.Remote));
        // Whom it has a link to, the target hears over no relay: what was sent over one may not have been taken.
        if (_joining is { Answer: null, Route.IsDirect: false } asked && asked.Target == link.Remote) SendJoin(asked, Route.Direct(link));
        if (_loss is { } loss)
        {
            // The process that coordinated is there after all: only the link had ended.
            if (link.Remote == loss.Coordinator && link.Identity.RemoteNonce == loss.Nonce) StartJoining(new JoinAttempt(link.Remote));
            else if (link.Remote != loss.Coordinator) Ask(loss, Route.Direct(link));
            PursueSuccession();
        }
        else if (_up is { IsDirect: false } && link.Remote == _coordinator)
        {
            StartJoining(new JoinAttempt(_coordinator));
        }
    }

    private void OnLinkLost(Link link, string reason, bool wasPrimary)
    {
        if (_transport.IsStopping) return;
        var hasResigned = wasPrimary && _leaving.Remove(link.Remote);
        if (_bringer?.Carrier == link) StopAwaiting();
        if (_joining is { Route: { } asked } attempt && asked.Carrier == link)
        {
            // Of two links between the same peers one ends, and what was on its way on it is lost.
            _joining = null;
            if (attempt.Retries < MaxJoinRetries && !hasResigned)
                StartJoining(new JoinAttempt(attempt.Target) { Informant = attempt.Informant, Told = attempt.Told, IsMove = attempt.IsMove, Retries = attempt.Retries + 1 });
        }

        if (IsCoordinator)
        {
            var other = _transport.FindLink(link.Remote);
            foreach (var relayed in _relayedVia.Where(pair => pair.Value == link).Select(pair => pair.Key).ToList())
            {
                if (other is not null) _relayedVia[relayed] = other;
                else Dismiss(relayed, hasResigned: false);
            }

            if (wasPrimary && !_relayedVia.ContainsKey(link.Remote)) Dismiss(link.Remote, hasResigned);
        }
        else if (_up?.Carrier == link)
        {
            if (link.Remote == _coordinator && _transport.FindLink(_coordinator) is { } other && other.Identity.RemoteNonce == link.Identity.RemoteNonce)
            {
                // Another link took its place in the meantime. What was on its way to the coordinator may be lost with the
                // first, and nothing would show it: a join compares what both have.
                _up = Route.Direct(other);
                StartJoining(new JoinAttempt(_coordinator));
            }
            else
            {
                LoseCoordinator(reason, hasResigned && link.Remote == _coordinator);
            }
        }

        if (wasPrimary && _loss is { } loss && _roster.IsEligible(link.Remote))
        {
            loss.Gone.Add(link.Remote);
            PursueSuccession();
        }
    }

    private void Receive(Link link, MembershipMessage message)
    {
        try
        {
            if (message is Relay relay) OnRelay(link, relay);
            else Handle(Route.Direct(link), message);
        }
        catch (ProtocolException error)
        {
            link.CloseConnection("it broke the protocol: " + error.Message);
        }
    }

    private void OnRelay(Link link, Relay relay)
    {
        if (relay.To != _self)
        {
            // Passed on for the sender itself alone: so a message goes over one relay at most.
            if (relay.From != link.Remote || _transport.FindLink(relay.To) is not { } onward) return;
            if (_relaying.Count >= MaxRelays && !_relaying.ContainsKey((relay.From, relay.To))) return;
            _relaying[(relay.From, relay.To)] = _time.GetTimestamp();
            onward.Send(relay);
            return;
        }

        // To whom there is a link, nobody else speaks in its name.
        if (relay.From == _self || _transport.FindLink(relay.From) is not null) return;
        MembershipMessage? message;
        try
        {
            if (!relay.TryUnwrap(out message)) return;
        }
        catch (ProtocolException error)
        {
            // Whether the relay or the sender did that cannot be told: neither link ends for it.
            _events.OnEntryRefused(link.RemoteName, "a relayed message: " + error.Message);
            return;
        }

        _relayHeard[relay.From] = _time.GetTimestamp();
        Handle(new Route(relay.From, link), message);
    }

    /// <summary>Over a relay there are no heartbeats and no end of a connection: the member pings, and both ends miss what does not come.</summary>
    private void MaintainRelayed()
    {
        var limit = _transport.SilenceLimit + Heartbeat;
        foreach (var peer in _relayHeard.Keys.Where(peer => !_relayedVia.ContainsKey(peer) && peer != _coordinator).ToList()) _relayHeard.Remove(peer);
        foreach (var peer in _relayedVia.Keys.Where(peer => _time.GetElapsedTime(_relayHeard.GetValueOrDefault(peer)) > limit).ToList())
        {
            if (_transport.FindLink(peer) is null) Dismiss(peer, hasResigned: false);
        }

        if (_up is not { IsDirect: false } up) return;
        if (_time.GetElapsedTime(_relayHeard.GetValueOrDefault(up.Peer)) > limit) LoseCoordinator("nothing of it comes through the relay", hasResigned: false);
        else if (_time.GetElapsedTime(_relayPinged) >= Heartbeat)
        {
            _relayPinged = _time.GetTimestamp();
            Send(up, new Ping(1 + _random.NextInt64(MembershipLimits.MaxNumber - 1), Now));
        }
    }

    private void Send(Route route, MembershipMessage message) => route.Carrier.Send(route.IsDirect ? message : Relay.Wrap(_self, route.Peer, message));

    /// <summary>Sends what may be longer than a link keeps waiting. The messages are made on another thread: from what does not change.</summary>
    private void SendSeries(Route route, IEnumerable<MembershipMessage> messages) =>
        route.Carrier.SendSeries(route.IsDirect ? messages : messages.Select(message => Relay.Wrap(_self, route.Peer, message)));

    /// <summary>How a member is reached: directly where that is possible.</summary>
    private Route? RouteTo(PeerId peer)
    {
        if (_transport.FindLink(peer) is { } link) return Route.Direct(link);
        return _relayedVia.TryGetValue(peer, out var carrier) && !carrier.IsClosed ? new Route(peer, carrier) : null;
    }

    private void OnCallMeBack(Link link, CallMeBack call)
    {
        if (_callBacksSeen.Count > 10_000) _callBacksSeen.Clear();
        if (!_callBacksSeen.Add((call.Caller, call.Token))) return;
        if (call.Target != _self)
        {
            // Passed on only for the caller itself, so a message goes over one relay at most.
            if (link.Remote == call.Caller) _transport.FindLink(call.Target)?.Send(call);
            return;
        }

        lock (_hints)
        {
            if (_hints.Count > MaxHints) _hints.Clear();
            _hints[call.Caller] = call.Addresses;
        }

        // Who was asked to call does not ask the same of the caller.
        _ = ConnectQuietlyAsync(call.Caller, mayAsk: false);
    }

    private async Task ConnectQuietlyAsync(PeerId peer, bool mayAsk = true)
    {
        try
        {
            await _transport.ConnectAsync(peer, _stop, mayAsk).ConfigureAwait(false);
        }
        catch (Exception error) when (error is P2PShareException or OperationCanceledException)
        {
            // The caller finds out by itself that nobody came.
        }
    }

    /// <summary>Tells links which of them may not be closed for want of use.</summary>
    private void MarkStanding()
    {
        foreach (var pair in _relaying.Where(pair => _time.GetElapsedTime(pair.Value) > RelayMemory).Select(pair => pair.Key).ToList()) _relaying.Remove(pair);
        var relayed = _relaying.Keys.SelectMany(pair => new[] { pair.From, pair.To }).ToHashSet();
        foreach (var link in _transport.Links) link.IsStanding = IsNeeded(link, relayed);
    }

    private bool IsNeeded(Link link, HashSet<PeerId> relayed)
    {
        var peer = link.Remote;
        if (_loss is not null || _joining is not null || relayed.Contains(peer)) return true;
        if (peer == _coordinator || peer == _standing || _up?.Carrier == link) return true;
        return _roster.IsPresent(peer) && (IsCoordinator || _roster.IsEligible(_self));
    }

    private void RefuseClaim(Route route, long term, string reason)
    {
        if (_claimsRefused.Count > 10_000) _claimsRefused.Clear();
        if (_claimsRefused.Add((route.Peer, term))) _events.OnClaimRefused(NameOf(route.Peer), reason);
        Send(route, StatusFor(route.Peer));
    }
}
