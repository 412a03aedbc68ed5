using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Offers;

/// <summary>The shares others offer this peer, and what was decided about each. Thread-safe.</summary>
internal sealed class ReceivedOffers
{
    /// <summary>Offers of one publisher that wait or are remembered; past it more are refused.</summary>
    public const int MaxOfPublisher = 1000;

    /// <summary>Offers in all that wait or are remembered; past it more are refused.</summary>
    public const int MaxTotal = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(PeerId Publisher, OfferedShare Share), ReceivedOffer> _offers = [];
    private readonly Dictionary<PeerId, int> _count = [];

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<ReceivedOffer> All
    {
        get
        {
            lock (_lock) return [.. _offers.Values.OrderBy(offer => offer.Received)];
        }
    }

    public ReceivedOffer? Find(PeerId publisher, OfferedShare share)
    {
        lock (_lock) return _offers.GetValueOrDefault((publisher, share));
    }

    /// <summary>Those of one content, by whomever.</summary>
    public IReadOnlyList<ReceivedOffer> Of(InfoHash share)
    {
        lock (_lock) return [.. _offers.Values.Where(offer => offer.Share.InfoHash == share)];
    }

    /// <summary>Those of one publisher under one name: versions of one thing.</summary>
    public IReadOnlyList<ReceivedOffer> Of(PeerId publisher, string name)
    {
        lock (_lock) return _count.ContainsKey(publisher) ? [.. _offers.Values.Where(offer => offer.Publisher == publisher && offer.Share.Name == name)] : [];
    }

    /// <summary>Notes an offer, or what was decided about it.</summary>
    /// <returns>False when there are too many: then it is not kept.</returns>
    public bool Set(ReceivedOffer offer)
    {
        lock (_lock)
        {
            var key = (offer.Publisher, offer.Share);
            if (!_offers.ContainsKey(key))
            {
                // What was declined is only remembered, and makes room for what waits.
                if (CountOf(offer.Publisher) >= MaxOfPublisher && !DropDeclined(declined => declined.Publisher == offer.Publisher)) return false;
                if (_offers.Count >= MaxTotal && !DropDeclined(_ => true)) return false;
                _count[offer.Publisher] = CountOf(offer.Publisher) + 1;
            }

            _offers[key] = offer;
            return true;
        }
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(PeerId publisher, OfferedShare share)
    {
        lock (_lock)
        {
            if (!_offers.Remove((publisher, share))) return false;
            var left = CountOf(publisher) - 1;
            if (left > 0) _count[publisher] = left;
            else _count.Remove(publisher);
            return true;
        }
    }

    private int CountOf(PeerId publisher) => _count.GetValueOrDefault(publisher);

    private bool DropDeclined(Func<ReceivedOffer, bool> which)
    {
        var oldest = _offers.Values.Where(offer => offer.State == ReceivedOfferState.Declined && which(offer)).MinBy(offer => offer.Received);
        return oldest is not null && Remove(oldest.Publisher, oldest.Share);
    }
}
