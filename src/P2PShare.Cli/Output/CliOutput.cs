using P2PShare.Engine;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Output;

/// <summary>What a command has to say: to people, or one JSON object a line to programs. Members may be called from any thread.</summary>
internal abstract class CliOutput
{
    public static CliOutput Create(bool json) => json ? new JsonOutput(Console.OpenStandardOutput(), Console.Error) : new TextOutput(Console.Out, Console.Error);

    /// <summary>The peer runs.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="everything">Whether the command is there to tell of its peer; else people are told only what they asked for.</param>
    public abstract void Started(IPeer peer, bool everything);

    /// <summary>Something happened to the peer.</summary>
    /// <param name="everything">Whether the command is there to tell of events; else people see only what may explain a failure.</param>
    public abstract void Event(PeerEvent peerEvent, bool everything);

    public abstract void Warning(string message);

    public abstract void Error(P2PShareException error);

    /// <summary>A line for people alone.</summary>
    public abstract void Say(string message);

    public abstract void Swarm(SwarmInfo swarm);

    public abstract void Peers(IReadOnlyList<PeerInfo> peers);

    public abstract void Shares(IReadOnlyList<ShareInfo> shares);

    /// <summary>How far each peer is with one share.</summary>
    /// <param name="progress">The peers, by name.</param>
    /// <param name="changed">Those of which that is news.</param>
    /// <param name="again">Whether this comes again and again.</param>
    public abstract void Progress(IReadOnlyList<PeerProgress> progress, IReadOnlyList<PeerProgress> changed, bool again);

    /// <summary>What one check of <c>test</c> came to.</summary>
    public abstract void Check(CheckResult result);

    public abstract void Published(ShareInfo share);

    public abstract void Copies(ShareInfo share, int copies, int wanted);

    /// <summary>How many of those a share is meant for have all of it, whenever that changes.</summary>
    public abstract void Delivery(ShareInfo share, IReadOnlyList<ShareRecipient> recipients);

    /// <summary>Who has a share in the end, and who has not.</summary>
    public abstract void Recipients(ShareInfo share, IReadOnlyList<ShareRecipient> recipients);

    /// <summary>What <c>watch</c> sees at a moment.</summary>
    public abstract void Watched(WatchLine line);

    public abstract void Received(ReceivedLine received);

    public abstract void Summary(SummaryLine summary);

    /// <summary>Shows how far hashing is until <paramref name="until"/> ends; never fails because of it.</summary>
    public abstract Task ShowHashingAsync(string name, Latest<PublishProgress> progress, Task until);

    /// <summary>Shows how far transfers are until <paramref name="until"/> ends; never fails because of it.</summary>
    public abstract Task ShowTransfersAsync(Func<IReadOnlyList<TransferInfo>> sample, Task until);
}
