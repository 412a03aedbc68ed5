using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Membership.Simulation;

/// <summary>
/// A machine of a simulation: its address and key stay, its process comes and goes. Checks by itself that no term goes back.
/// </summary>
internal sealed class SimulatedPeer : IMembershipEvents, IChannelAcceptor, ISwarmTrustAnchor, IRecordSigner, ITransportEvents, IDisposable
{
    private const int Port = 5000;

    private readonly Simulation _simulation;
    private readonly ECDsa _key;
    private readonly byte[] _leaf;
    private readonly int _number;
    private SwarmTransport? _transport;
    private SwarmMembership? _membership;
    private long _remembered;
    private IReadOnlyList<string> _seen = [];

    public SimulatedPeer(Simulation simulation, int number)
    {
        _simulation = simulation;
        _number = number;
        Address = new IPAddress([10, 0, (byte)(number / 200), (byte)(1 + number % 200)]);
        // From the seed, so that who has the lower id is the same in each run.
        var secret = new byte[32];
        new Random(unchecked(simulation.Seed * 7919 + number)).NextBytes(secret);
        secret[0] &= 0x7F;
        _key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        using var leaf = new CertificateRequest("CN=sim", _key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddYears(-10));
        _leaf = leaf.RawData;
        Id = new PeerId(Hash256.Of(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    public PeerId Id { get; }

    public IPAddress Address { get; }

    public string At => $"{Address}:{Port}";

    public string Name => "p" + _number;

    /// <summary>Addresses given at its start.</summary>
    public IReadOnlyList<string> ConnectTo { get; set; } = [];

    public bool IsRunning => _membership is not null;

    public RosterView View => _membership!.View;

    public SwarmTransport Transport => _transport!;

    public SwarmMembership Membership => _membership!;

    /// <summary>What went wrong by itself: a fault of the loop, a term that went back.</summary>
    public string? Fault { get; private set; }

    /// <summary>How often another peer became its coordinator.</summary>
    public int CoordinatorChanges { get; private set; }

    public int ClaimsRefused { get; private set; }

    public int Isolations { get; private set; }

    /// <summary>Membership messages received, by type, and the bytes of their payloads.</summary>
    public Dictionary<MembershipMessageType, (int Count, long Bytes)> Received { get; } = [];

    public void Start(bool withState = true)
    {
        var time = _simulation.Time;
        if (!withState) (_remembered, _seen) = (0, []);
        _transport = new SwarmTransport(Id, _simulation.Network.Host(Address), new PlainAuthenticator(Id), _simulation.Options, time);
        _transport.Listen(Port);
        var store = new RecordStore();
        var random = new Random(unchecked(_simulation.Seed * 31 + _number * 101 + (int)time.Elapsed.TotalMilliseconds));
        var book = new AddressBook(time, random);
        foreach (var address in ConnectTo) book.Give(address);
        foreach (var address in _seen) book.Remember(address);
        var record = new OwnRecord(new PeerDetails { Name = Name, Addresses = [new IPEndPoint(Address, Port)], Roles = PeerRoles.MayCoordinate }, () => _leaf, this, time);
        _membership = new SwarmMembership(_transport, store, new RecordVerifier(store, this), new OwnHoldings(Id, this, time), record, book, this, _remembered, time, random);
        _transport.Start(this, this);
        _membership.Start();
    }

    /// <summary>The process ends, with a goodbye or without; returns when it has.</summary>
    public void Stop(bool saysGoodbye)
    {
        var (transport, membership) = (_transport!, _membership!);
        if (!saysGoodbye) _simulation.Network.Kill(Address);
        _membership = null;
        _transport = null;
        var stopping = Task.Run(async () =>
        {
            await transport.StopAsync("it stops");
            await membership.DisposeAsync();
            await transport.DisposeAsync();
        });
        if (!_simulation.Time.AdvanceUntil(TimeSpan.FromMinutes(1), () => stopping.IsCompleted)) throw new InvalidOperationException($"{Name} did not stop.");
        stopping.GetAwaiter().GetResult();
    }

    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool TryValidatePeer(ReadOnlySpan<byte> certificate, NameGrant? grant, out string reason)
    {
        reason = "";
        return true;
    }

    public string Describe() => !IsRunning
        ? $"{Name}: down"
        : $"{Name} {Id.ToString()[..6]}: {View.State}, term {View.Term}, {View.Present.Count} present, follows {_simulation.NameOf(View.Coordinator)}, deputies [{string.Join(' ', View.Deputies.Select(_simulation.NameOf))}], "
            + $"links [{string.Join(' ', Transport.Links.Select(link => _simulation.NameOf(link.Remote) + (link.IsDraining ? "(draining)" : "")))}]; {Membership.DescribeState(_simulation.NameOf)}";

    public void Dispose() => _key.Dispose();

    // As a peer writes it down: where the others were.
    public void OnJoined(PeerId coordinator, bool alone)
    {
        if (_membership?.View.Present.Where(peer => peer != Id).Take(32).Select(peer => _simulation.Find(peer).At).ToList() is { Count: > 0 } seen) _seen = seen;
    }

    public void OnIsolated(string reason)
    {
        Isolations++;
        _simulation.Trace($"{Name} isolated: {reason}");
    }

    public void OnPeerJoined(PeerId peer)
    {
    }

    public void OnPeerLeft(PeerId peer)
    {
    }

    public void OnCoordinatorChanged(PeerId coordinator)
    {
        CoordinatorChanges++;
        _simulation.Trace($"{Name} follows {_simulation.NameOf(coordinator)}");
    }

    public void OnShareChanged(ShareRecord share)
    {
    }

    public void OnRefused(string address, string reason, bool incoming)
    {
    }

    public void OnUnreachable(string address, string reason)
    {
    }

    public void OnEntryRefused(string from, string reason) => Fault ??= $"an entry from {from} was refused: {reason}";

    public void OnClaimRefused(string from, string reason)
    {
        ClaimsRefused++;
        _simulation.Trace($"{Name} refused a claim of {from}: {reason}");
    }

    public void OnTermChanged(long term)
    {
        if (term < _remembered) Fault ??= $"its term went back from {_remembered} to {term}";
        _remembered = term;
    }

    public void OnFault(Exception error) => Fault ??= error.ToString();

    public IChannelHandler? AcceptChannel(PeerId peer, InfoHash share) => null;

    public IChannelHandler? AcceptForeign(ReadOnlySpan<byte> truncatedInfoHash, HandshakeFeatures features) => null;

    void ITransportEvents.OnLinkUp(Link link) => (_membership as ITransportEvents)?.OnLinkUp(link);

    void ITransportEvents.OnLinkDown(Link link, string reason, bool wasPrimary) => (_membership as ITransportEvents)?.OnLinkDown(link, reason, wasPrimary);

    void ITransportEvents.OnMembershipMessage(Link link, MembershipMessageType type, ReadOnlySpan<byte> payload)
    {
        lock (Received)
        {
            var (count, bytes) = Received.GetValueOrDefault(type);
            Received[type] = (count + 1, bytes + payload.Length);
        }

        (_membership as ITransportEvents)?.OnMembershipMessage(link, type, payload);
    }

    IReadOnlyList<string> ITransportEvents.AddressesOf(PeerId peer) => (_membership as ITransportEvents)?.AddressesOf(peer) ?? [];

    string ITransportEvents.NameOf(PeerId peer) => _simulation.NameOf(peer);

    bool ITransportEvents.TryRequestCallBack(PeerId peer) => (_membership as ITransportEvents)?.TryRequestCallBack(peer) ?? false;
}
