using System.Collections.Concurrent;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine.Tests.Peers;

/// <summary>A running peer of a <see cref="LiveSwarm"/>, with what its user would do, and all its events.</summary>
internal sealed class LivePeer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly LiveSwarm _swarm;
    private readonly ConcurrentQueue<PeerEvent> _events = new();

    public LivePeer(IPeer peer, LiveSwarm swarm)
    {
        Engine = peer;
        _swarm = swarm;
        peer.EventRaised += (_, happened) => _events.Enqueue(happened);
    }

    public IPeer Engine { get; }

    public string Name => Engine.Name;

    public string Address => LiveSwarm.LocalAddress(Engine.Port);

    public IReadOnlyList<PeerEvent> Events => [.. _events];

    public IEnumerable<PeerEvent> EventsOf(PeerEventKind kind) => _events.Where(happened => happened.Kind == kind);

    public string Describe() => $"{Name} ({Engine.State}): {string.Join(" | ", _events.Where(happened => happened.Kind != PeerEventKind.TransferProgress))}";

    public Task<ShareInfo> PublishAsync(string path, string? name = null) =>
        Engine.PublishAsync(new PublishRequest { Name = name ?? Path.GetFileName(path), Path = path });

    /// <summary>The one share of that name, once it is in this peer's catalogue.</summary>
    public async Task<ShareInfo> FindAsync(string name) =>
        Assert.Single(await Engine.WaitForSharesAsync(new ShareQuery { LiteralNames = [name] }, Bound));

    public async Task FindShareAsync(string infoHash) =>
        await Engine.WaitForSharesAsync(new ShareQuery { InfoHash = infoHash }, Bound);

    public ShareInfo? Look(string infoHash) => Engine.GetShares(new ShareQuery { InfoHash = infoHash, AllVersions = true }) is [var first, ..] ? first : null;

    /// <summary>Begins to receive into this peer's own folder.</summary>
    public async Task<ITransfer> BeginAsync(ShareInfo share, string? destination = null, Func<ReceiveRequest, ReceiveRequest>? change = null)
    {
        await FindShareAsync(share.InfoHash);
        var request = new ReceiveRequest { InfoHash = share.InfoHash, Destination = destination ?? _swarm["to-" + Name] };
        return await Engine.ReceiveAsync(change?.Invoke(request) ?? request);
    }

    public async Task<TransferInfo> ReceiveAsync(ShareInfo share, string? destination = null, Func<ReceiveRequest, ReceiveRequest>? change = null)
    {
        var transfer = await BeginAsync(share, destination, change);
        return await EndAsync(transfer);
    }

    public async Task<TransferInfo> EndAsync(ITransfer transfer)
    {
        try
        {
            return await transfer.Completion.WaitAsync(Bound);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The transfer did not end: {transfer.GetSnapshot()}. {Describe()}");
            throw;
        }
    }

    /// <summary>Its work on a share, published or received.</summary>
    public TransferInfo Transfer(ShareInfo share) =>
        Assert.Single(Engine.GetTransfers(), transfer => transfer.GetSnapshot().InfoHash == share.InfoHash).GetSnapshot();

    public Task Eventually(Func<LivePeer, bool> condition) => Tests.Eventually.Holds(() => condition(this), Describe);

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
