using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Tests.Transport;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Membership;

/// <summary>A peer's transport and membership on a network in memory, without TLS and without files.</summary>
internal sealed class TestMember : IMembershipEvents, IChannelAcceptor, ISwarmTrustAnchor, IRecordSigner, IAsyncDisposable
{
    public const int Port = 5000;

    private readonly ECDsa _key;
    private readonly MemoryNetwork _network;

    public TestMember(
        MemoryNetwork network, string name, IPAddress address, long lastTerm = 0, ECDsa? key = null, TimeProvider? time = null, TransportOptions? options = null,
        PeerRoles roles = PeerRoles.MayCoordinate)
    {
        _network = network;
        var clock = time ?? TimeProvider.System;
        Address = address;
        _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest("CN=test", _key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue.AddYears(-10));
        var der = leaf.RawData;
        Id = new PeerId(Hash256.Of(leaf.PublicKey.ExportSubjectPublicKeyInfo()));
        Transport = new SwarmTransport(Id, network.Host(address), new PlainAuthenticator(Id), options ?? new TransportOptions(), clock);
        Transport.Listen(Port);
        Store = new RecordStore();
        Holdings = new OwnHoldings(Id, this, clock);
        var record = new OwnRecord(new PeerDetails { Name = name, Addresses = [new IPEndPoint(address, Port)], Roles = roles }, () => der, this, clock);
        var random = new Random(address.GetHashCode());
        Book = new AddressBook(clock, random);
        Membership = new SwarmMembership(Transport, Store, new RecordVerifier(Store, this), Holdings, record, Book, this, lastTerm, clock, random);
    }

    public PeerId Id { get; }

    public IPAddress Address { get; }

    public string At => $"{Address}:{Port}";

    public SwarmTransport Transport { get; }

    public SwarmMembership Membership { get; }

    public RecordStore Store { get; }

    public OwnHoldings Holdings { get; }

    public AddressBook Book { get; }

    public ECDsa Key => _key;

    public ConcurrentQueue<string> Log { get; } = new();

    public Func<PeerId, InfoHash, IChannelHandler?> Accept { get; set; } = (_, _) => null;

    /// <summary>Sees what comes in before the membership does.</summary>
    public Func<ITransportEvents, ITransportEvents> Tap { get; set; } = events => events;

    public TestMember Start(params string[] connectTo)
    {
        foreach (var address in connectTo) Book.Give(address);
        Transport.Start(Tap(Membership), this);
        Membership.Start();
        return this;
    }

    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool TryValidatePeer(ReadOnlySpan<byte> certificate, NameGrant? grant, out string reason)
    {
        reason = "";
        return true;
    }

    public IChannelHandler? AcceptChannel(PeerId peer, InfoHash share) => Accept(peer, share);

    public IChannelHandler? AcceptForeign(ReadOnlySpan<byte> truncatedInfoHash, HandshakeFeatures features) => null;

    public void OnJoined(PeerId coordinator, bool alone) => Log.Enqueue(alone ? "alone" : "joined");

    public void OnIsolated(string reason) => Log.Enqueue("isolated: " + reason);

    public void OnPeerJoined(PeerId peer) => Log.Enqueue("+" + Membership.NameOf(peer));

    public void OnPeerLeft(PeerId peer) => Log.Enqueue("-" + Membership.NameOf(peer));

    public void OnCoordinatorChanged(PeerId coordinator) => Log.Enqueue("coordinator " + Membership.NameOf(coordinator));

    public void OnShareChanged(ShareRecord share) => Log.Enqueue("share " + share.Details.Name);

    public void OnRefused(string address, string reason, bool incoming) => Log.Enqueue("refused: " + reason);

    public void OnUnreachable(string address, string reason) => Log.Enqueue("unreachable: " + address);

    public void OnEntryRefused(string from, string reason) => Log.Enqueue("entry refused: " + reason);

    public void OnClaimRefused(string from, string reason) => Log.Enqueue($"claim refused from {from}: {reason}");

    public void OnTermChanged(long term) => Log.Enqueue("term " + term);

    public void OnFault(Exception error) => Log.Enqueue("fault: " + error);

    /// <summary>Ends without a goodbye, as a killed process does.</summary>
    public async Task KillAsync()
    {
        _network.Kill(Address);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Transport.StopAsync("test over");
        await Membership.DisposeAsync();
        await Transport.DisposeAsync();
    }
}
