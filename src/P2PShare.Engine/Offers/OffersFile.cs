using System.Text.Json;
using System.Text.Json.Serialization;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Offers;

/// <summary>Keeps offers that wait, in both directions, from one run to the next: one JSON file, replaced atomically, at most once in half a second.</summary>
internal sealed class OffersFile(string stateDirectory, SentOffers sent, ReceivedOffers received, TimeProvider time, Action<string> warn)
{
    private const long MaxFileSize = 64 * 1024 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly string _path = Path.Combine(stateDirectory, "offers.json");
    private readonly Lock _writing = new();
    private int _isDue;
    private volatile bool _isClosed;

    /// <summary>Takes in what was kept; a file that is missing or damaged is as good as none.</summary>
    public void Load()
    {
        try
        {
            if (!File.Exists(_path) || new FileInfo(_path).Length > MaxFileSize) return;
            if (JsonSerializer.Deserialize(File.ReadAllBytes(_path), StoredOffersJson.Default.StoredOffers) is not { } stored) return;
            foreach (var offer in stored.Sent)
                if (Read(offer.InfoHash, offer.Name, offer.Peer) is { } known) sent.Add(known.Share, known.Peer);
            foreach (var offer in stored.Received)
            {
                if (Read(offer.InfoHash, offer.Name, offer.Peer) is { } known && Enum.IsDefined(offer.State))
                    received.Set(new ReceivedOffer(known.Peer, known.Share, offer.Received, offer.State));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            warn($"'{_path}' cannot be used: {error.Message} Offers of earlier are forgotten.");
        }
    }

    /// <summary>Writes soon: offers have changed.</summary>
    public void SaveSoon()
    {
        if (_isClosed || Interlocked.Exchange(ref _isDue, 1) != 0) return;
        _ = SaveLaterAsync();
    }

    /// <summary>Writes what is due, and nothing after that.</summary>
    public void Close()
    {
        _isClosed = true;
        if (Interlocked.Exchange(ref _isDue, 0) != 0) Save();
    }

    private async Task SaveLaterAsync()
    {
        await Task.Delay(Pause, time).ConfigureAwait(false);
        if (!_isClosed && Interlocked.Exchange(ref _isDue, 0) != 0) Save();
    }

    private void Save()
    {
        try
        {
            lock (_writing)
            {
                var stored = new StoredOffers
                {
                    Sent = [.. sent.OpenOffers.Select(offer => new StoredOffer { InfoHash = offer.Share.InfoHash.ToString(), Name = offer.Share.Name, Peer = offer.Peer.ToString() })],
                    Received = [.. received.All.Select(offer => new StoredOffer
                    {
                        InfoHash = offer.Share.InfoHash.ToString(),
                        Name = offer.Share.Name,
                        Peer = offer.Publisher.ToString(),
                        Received = offer.Received,
                        State = offer.State,
                    })],
                };
                File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(stored, StoredOffersJson.Default.StoredOffers));
                File.Move(_path + ".new", _path, overwrite: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            warn($"'{_path}' cannot be written: {error.Message} Offers that wait are forgotten when this peer ends.");
        }
    }

    private static (OfferedShare Share, PeerId Peer)? Read(string infoHash, string name, string peer) =>
        InfoHash.TryParse(infoHash, out var share) && Hash256.TryParse(peer, out var id) && name.Length > 0 ? (new OfferedShare(share, name), new PeerId(id)) : null;
}

/// <summary>The content of offers.json.</summary>
internal sealed record StoredOffers
{
    /// <summary>What this peer offered and is not settled.</summary>
    public IReadOnlyList<StoredOffer> Sent { get; init; } = [];

    /// <summary>What was offered to this peer.</summary>
    public IReadOnlyList<StoredOffer> Received { get; init; } = [];
}

/// <summary>One share and the peer at the other end.</summary>
internal sealed record StoredOffer
{
    public string InfoHash { get; init; } = "";

    public string Name { get; init; } = "";

    public string Peer { get; init; } = "";

    public DateTime Received { get; init; }

    public ReceivedOfferState State { get; init; }
}

[JsonSerializable(typeof(StoredOffers))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
internal sealed partial class StoredOffersJson : JsonSerializerContext;
