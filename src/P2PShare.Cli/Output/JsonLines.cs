using System.Text.Json.Serialization;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Diagnostics;
using P2PShare.Engine.Identity;
using P2PShare.Engine.Membership;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Output;

/// <summary>A line of <c>--json</c> output; <see cref="Type"/> says which.</summary>
internal abstract record JsonLine([property: JsonPropertyOrder(-2)] string Type)
{
    /// <summary>When it was written, in UTC.</summary>
    [JsonPropertyOrder(-1)]
    public DateTime Time { get; init; } = DateTime.UtcNow;
}

/// <summary>The peer runs.</summary>
internal sealed record StartedLine(string Name, string PeerId, int Port, string SwarmName, string SwarmId, string StateDirectory) : JsonLine("started");

/// <summary>Something happened to the peer.</summary>
internal sealed record EventLine(string Kind, string Message) : JsonLine("event")
{
    public PeerInfo? Peer { get; init; }
    public ShareInfo? Share { get; init; }
    public TransferInfo? Transfer { get; init; }
    public string? Address { get; init; }
    public string? ErrorId { get; init; }
}

/// <summary>Something the user should know of that stops nothing.</summary>
internal sealed record WarningLine(string Message) : JsonLine("warning");

/// <summary>Something failed.</summary>
internal sealed record ErrorLine(string ErrorId, string Kind, string Message, string? Target, string? Recommendation) : JsonLine("error");

/// <summary>A swarm, admin or peer file, made or shown.</summary>
internal sealed record SwarmLine(SwarmInfo Swarm) : JsonLine("swarm");

/// <summary>How far the hashing of a share is.</summary>
internal sealed record HashingLine(string Name, PublishProgress Progress) : JsonLine("hashing");

/// <summary>A share, published or listed.</summary>
internal sealed record ShareLine(ShareInfo Share) : JsonLine("share");

/// <summary>A peer of the roster.</summary>
internal sealed record PeerLine(PeerInfo Peer) : JsonLine("peer");

/// <summary>How far a peer of the swarm is with a share.</summary>
internal sealed record PeerProgressLine(PeerProgress Progress) : JsonLine("peerProgress");

/// <summary>What one check of the test came to.</summary>
internal sealed record CheckLine(CheckResult Check) : JsonLine("check");

/// <summary>How many other peers hold all of a share.</summary>
internal sealed record CopiesLine(string Name, string InfoHash, int Copies, int Wanted) : JsonLine("copies");

/// <summary>How many of those a share is meant for have all of it.</summary>
internal sealed record DeliveryLine(string Name, string InfoHash, int Complete, int Total) : JsonLine("delivery");

/// <summary>Who has a share in the end, and who has not.</summary>
internal sealed record RecipientsLine(string Name, string InfoHash, IReadOnlyList<ShareRecipient> Recipients) : JsonLine("recipients");

/// <summary>How far a transfer is.</summary>
internal sealed record ProgressLine(TransferInfo Transfer) : JsonLine("progress");

/// <summary>What the swarm looks like at a moment.</summary>
internal sealed record WatchLine(string SwarmName, string State, int Peers, string? Coordinator, int Shares, long BytesPerSecond, IReadOnlyList<PeerProgress> Transfers) : JsonLine("watch");

/// <summary>A transfer is complete and verified.</summary>
internal sealed record ReceivedLine(
    string Name,
    string InfoHash,
    string FullName,
    long Length,
    int FileCount,
    double Seconds,
    double MegabytesPerSecond,
    int Sources,
    long BytesReceived,
    long BytesReused,
    long BytesWasted,
    long BytesUploaded) : JsonLine("received");

/// <summary>The last line of send and receive.</summary>
internal sealed record SummaryLine(string Command, int Completed, int Failed, long Length, double Seconds, long BytesReceived, long BytesUploaded) : JsonLine("summary");

/// <summary>Writes the lines without reflection, so that the program starts quickly.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StartedLine))]
[JsonSerializable(typeof(EventLine))]
[JsonSerializable(typeof(WarningLine))]
[JsonSerializable(typeof(ErrorLine))]
[JsonSerializable(typeof(SwarmLine))]
[JsonSerializable(typeof(HashingLine))]
[JsonSerializable(typeof(ShareLine))]
[JsonSerializable(typeof(PeerLine))]
[JsonSerializable(typeof(PeerProgressLine))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(CopiesLine))]
[JsonSerializable(typeof(DeliveryLine))]
[JsonSerializable(typeof(RecipientsLine))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(ReceivedLine))]
[JsonSerializable(typeof(SummaryLine))]
[JsonSerializable(typeof(WatchLine))]
internal sealed partial class JsonLineContext : JsonSerializerContext;
