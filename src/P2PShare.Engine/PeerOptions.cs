using P2PShare.Engine.Discovery;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Transport;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine;

/// <summary>How to start a peer.</summary>
public sealed record PeerOptions
{
    /// <summary>The port used when none is asked for.</summary>
    public const int DefaultPort = 5000;

    /// <summary>The swarm file, or a named leaf's file. Exactly one of this and <see cref="SwarmText"/> is given.</summary>
    public string? SwarmPath { get; init; }

    /// <summary>The text of a swarm file, for those that come by standard input or from a secret store.</summary>
    public string? SwarmText { get; init; }

    /// <summary>Uses the swarm file even when others may read it.</summary>
    public bool Force { get; init; }

    /// <summary>The peer's name; null for the host's name (with -2, -3… when that one already runs here).</summary>
    public string? Name { get; init; }

    /// <summary>The TCP port asked for by number (0: any free one); null for the remembered or default one, or the next free.</summary>
    public int? Port { get; init; }

    /// <summary>The address to listen on; null for all.</summary>
    public string? ListenAddress { get; init; }

    /// <summary>Peers to join at, as "host:port", "host" or "[v6]:port".</summary>
    public IReadOnlyList<string> ConnectTo { get; init; } = [];

    /// <summary>Whether the peer looks for others of its swarm on the local networks, by multicast; on loopback alone when it listens there alone.</summary>
    public bool Discovery { get; init; } = true;

    /// <summary>The folder that holds the state of all peers of this user; null for the platform's usual place.</summary>
    public string? StateRoot { get; init; }

    /// <summary>Whether the shares of earlier runs are served again and unfinished transfers gone on with; for peers that are started to stay.</summary>
    public bool Resume { get; init; } = true;

    /// <summary>The folder into which shares that others offer are received unasked: absolute, made when missing. Null: offers are only listed.</summary>
    public string? AcceptPath { get; init; }

    /// <summary>With <see cref="AcceptPath"/>: names (wildcards allowed) or peer ids of those whose offers are taken; empty for everybody's.</summary>
    public IReadOnlyList<string> AcceptFrom { get; init; } = [];

    /// <summary>
    /// Names of shares, wildcards allowed, of which this peer keeps copies as they appear, newer versions in the place of older
    /// ones; empty for none. A copy of a share that was withdrawn is kept.
    /// </summary>
    public IReadOnlyList<string> Mirror { get; init; } = [];

    /// <summary>With <see cref="Mirror"/>: the folder that holds the copies, absolute; it must be writable.</summary>
    public string? MirrorPath { get; init; }

    /// <summary>With <see cref="Mirror"/>: a copy is kept only while fewer than that many peers besides the publisher do; null for in any case.</summary>
    public int? MirrorCopies { get; init; }

    /// <summary>
    /// With <see cref="Resume"/>: whether the files of earlier shares are read and hashed again before they are served, in the
    /// background; otherwise size and time of the last write are enough.
    /// </summary>
    public bool Verify { get; init; }

    /// <summary>Bytes per second sent, over all transfers; null for no limit.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes per second received, over all transfers; null for no limit.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>How often a silent link is probed; three in a row without any byte end it.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Seeds every random choice that is no secret; null for a random seed.</summary>
    public int? RandomSeed { get; init; }

    /// <summary>For how long a peer that keeps a copy may be away before another one takes its place.</summary>
    internal TimeSpan MirrorPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From the first byte of a connection until the other end has shown who it is.</summary>
    internal TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Opens the groups of local discovery; null for sockets.</summary>
    internal Func<IMulticast>? Multicast { get; init; }

    /// <summary>Where connections come from; null for TCP.</summary>
    internal INetwork? Network { get; init; }

    /// <summary>How links prove who is at their ends; null for TLS.</summary>
    internal Func<PeerId, ILinkAuthenticator>? Authenticator { get; init; }

    /// <summary>Where received files and their resume states are kept.</summary>
    internal IStorageFileSystem FileSystem { get; init; } = DiskFileSystem.Instance;

    /// <summary>After how many bytes received files are flushed.</summary>
    internal long FlushInterval { get; init; } = PartialStorageOptions.DefaultFlushInterval;
}
