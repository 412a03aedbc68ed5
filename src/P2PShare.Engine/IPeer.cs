using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Engine;

/// <summary>
/// A running peer: the engine's front door. All members may be called from any thread; what they return are immutable
/// snapshots; failures are <see cref="Errors.P2PShareException"/>.
/// </summary>
public interface IPeer : IAsyncDisposable
{
    /// <summary>64 hexadecimal digits.</summary>
    string PeerId { get; }

    string Name { get; }

    string SwarmName { get; }

    /// <summary>40 hexadecimal digits.</summary>
    string SwarmId { get; }

    /// <summary>The TCP port it listens on.</summary>
    int Port { get; }

    string StateDirectory { get; }

    PeerState State { get; }

    /// <summary>Things worth a warning at start (another port than usual, a certificate that ends soon).</summary>
    IReadOnlyList<string> StartWarnings { get; }

    /// <summary>Ends when the peer has stopped; faulted when the engine failed.</summary>
    Task Completion { get; }

    /// <summary>
    /// Raised for every event, one at a time, on a thread of the engine's event queue; handlers must be quick. Events of
    /// before the first subscription wait for it.
    /// </summary>
    event EventHandler<PeerEvent>? EventRaised;

    /// <summary>Says goodbye, flushes and stops. At most about 2 s unless disks are slow. Idempotent.</summary>
    Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>This peer, as the roster shows it.</summary>
    PeerInfo GetSelf();

    /// <summary>The roster, this peer included, by name.</summary>
    IReadOnlyList<PeerInfo> GetPeers();

    /// <summary>Tries further addresses ("host:port") besides those it knows.</summary>
    Task ConnectAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken = default);

    /// <summary>Tries one further address ("host:port") at once, and tells which peer is there when both are in one roster. It is kept and tried again whatever comes of it.</summary>
    /// <exception cref="Errors.P2PShareException">InvalidAddress, PeerUnreachable, PeerRefused.</exception>
    Task<PeerInfo> MeetAsync(string address, CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits until this peer has the swarm's catalogue, or knows that it is alone (it was given no address and remembers none).
    /// </summary>
    /// <exception cref="Errors.P2PShareException">SwarmNotJoined after <paramref name="timeout"/>: says which addresses were tried and what each answered.</exception>
    Task WaitForCatalogueAsync(TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>Searches the catalogue: local and instant. Ordered by name, then newest first.</summary>
    IReadOnlyList<ShareInfo> GetShares(ShareQuery query);

    /// <summary>Which present peers hold a share, or some of it, by name: local and instant.</summary>
    IReadOnlyList<ShareHolder> GetHolders(string infoHash);

    /// <summary>The ids of the peers to which this one has a link at the moment.</summary>
    IReadOnlyList<string> GetLinkedPeers();

    /// <summary>Waits until at least one share matches.</summary>
    /// <exception cref="Errors.P2PShareException">ShareNotFound after <paramref name="timeout"/>.</exception>
    Task<IReadOnlyList<ShareInfo>> WaitForSharesAsync(ShareQuery query, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>Waits until at least <paramref name="copies"/> peers besides this one hold all of a share; <paramref name="progress"/> gets the number that do.</summary>
    Task WaitForCopiesAsync(string infoHash, int copies, IProgress<int>? progress, CancellationToken cancellationToken = default);

    /// <summary>
    /// The peers that names stand for, this one excepted. A name with wildcards stands for peers that are present; a plain
    /// one also for the peer that was last seen under it, and a peer id for that peer, present or not.
    /// </summary>
    PeerSelectionResult FindPeers(IReadOnlyList<string> names);

    /// <summary>
    /// Offers a share that this peer has published to others; those that are away are offered it when they come, while this
    /// peer runs or when it runs again.
    /// </summary>
    /// <exception cref="Errors.P2PShareException">ShareNotFound: this peer has not published it, or withdrew it.</exception>
    void Offer(string infoHash, IReadOnlyList<PeerInfo> peers);

    /// <summary>How far a share that this peer published has come with some peers, or with those it was offered to.</summary>
    IReadOnlyList<ShareRecipient> GetRecipients(string infoHash, IReadOnlyList<PeerInfo>? peers = null);

    /// <summary>
    /// Waits until each of some peers has all of a share or has declined or failed to receive it. A peer that was not
    /// offered the share is not waited for while it is away. <paramref name="progress"/> gets every change.
    /// </summary>
    Task<IReadOnlyList<ShareRecipient>> WaitForRecipientsAsync(
        string infoHash, IReadOnlyList<PeerInfo> peers, IProgress<IReadOnlyList<ShareRecipient>>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>The shares others offer this peer that were neither received nor declined, oldest first.</summary>
    IReadOnlyList<ShareInfo> GetOffers();

    /// <summary>Declines what others offer of a share, and lets them know.</summary>
    /// <exception cref="Errors.P2PShareException">OfferNotFound.</exception>
    ShareInfo DeclineOffer(string infoHash);

    /// <summary>The files of a share; fetches its info dictionary from a holder when it is not here.</summary>
    Task<IReadOnlyList<ShareFileInfo>> GetFilesAsync(string infoHash, CancellationToken cancellationToken = default);

    /// <summary>Hashes and publishes a file or folder; supersedes an earlier share of the same name by this peer.</summary>
    Task<ShareInfo> PublishAsync(PublishRequest request, IProgress<PublishProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stops offering a share. By its publisher: it is withdrawn, all peers stop offering it; files stay everywhere.
    /// By another holder: only this peer stops offering it.
    /// </summary>
    Task<ShareInfo> RemoveShareAsync(string infoHash, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stops offering a share, as <see cref="RemoveShareAsync"/> does, and deletes those of its files that this peer has
    /// received: none that is published from here, that stood there before or was changed since, or that another share needs.
    /// What is still being received goes on.
    /// </summary>
    Task<ShareRemoval> RemoveShareAndFilesAsync(string infoHash, CancellationToken cancellationToken = default);

    /// <summary>Starts, or goes on with, a transfer; returns as soon as it is registered.</summary>
    Task<ITransfer> ReceiveAsync(ReceiveRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Which peer has how much of a share: all present peers, by name, again whenever something has changed, at most once a
    /// second, until cancelled. Those that are on their way are asked by way of the coordinator; that ends with the enumeration.
    /// </summary>
    /// <exception cref="Errors.P2PShareException">ShareNotFound; PeerStopped.</exception>
    IAsyncEnumerable<IReadOnlyList<PeerProgress>> WatchShareAsync(string infoHash, CancellationToken cancellationToken = default);

    /// <summary>Which peer has how much of a share, now: within about a second, at most five.</summary>
    /// <exception cref="Errors.P2PShareException">ShareNotFound; PeerStopped.</exception>
    Task<IReadOnlyList<PeerProgress>> GetShareProgressAsync(string infoHash, CancellationToken cancellationToken = default);

    /// <summary>The transfers of this peer, newest first.</summary>
    IReadOnlyList<ITransfer> GetTransfers();

    /// <summary>Looks at what this peer needs, itself and with the help of members: one result for each thing that was checked, as it is known.</summary>
    /// <param name="folder">A folder into which is received, whose disk is looked at too; null for none.</param>
    IAsyncEnumerable<Diagnostics.CheckResult> TestAsync(string? folder, CancellationToken cancellationToken = default);

    /// <summary>Changes the limits while running, in bytes per second; null for none.</summary>
    void SetLimits(long? uploadLimit, long? downloadLimit);
}
