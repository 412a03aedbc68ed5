using System.Text.Json.Serialization;

namespace P2PShare.Engine;

/// <summary>The content of peer.json.</summary>
internal sealed record PeerMemoryContent
{
    /// <summary>The port of the last run; null before the first.</summary>
    public int? Port { get; init; }

    /// <summary>The last term this peer knew of; older ones are refused.</summary>
    public long Term { get; init; }

    /// <summary>Where members of the swarm were last seen, as "address:port".</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];
}

[JsonSerializable(typeof(PeerMemoryContent))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class PeerMemoryJson : JsonSerializerContext;
