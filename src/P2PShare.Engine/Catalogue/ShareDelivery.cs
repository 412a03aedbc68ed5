using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Catalogue;

/// <summary>What is said of a share that was to come to others and has not, or not to all.</summary>
public static class ShareDelivery
{
    private const int MostNamed = 20;

    /// <summary>"37 of 200 complete".</summary>
    public static string Describe(IReadOnlyList<ShareRecipient> recipients)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        return $"{recipients.Count(IsComplete)} of {recipients.Count} complete";
    }

    /// <summary>The error of a wait whose time was over; names who is missing.</summary>
    /// <param name="share">What was waited for.</param>
    /// <param name="recipients">Where it was to come.</param>
    /// <param name="copies">With -Copies: how many copies were wanted; null when all recipients were to have it.</param>
    /// <param name="timeout">How long was waited.</param>
    public static P2PShareException TimedOut(ShareInfo share, IReadOnlyList<ShareRecipient> recipients, int? copies, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(share);
        ArgumentNullException.ThrowIfNull(recipients);
        var state = copies is { } wanted ? $"{recipients.Count(IsComplete)} of {wanted} {(wanted == 1 ? "copy" : "copies")} complete" : Describe(recipients);
        return new P2PShareException(
            ErrorKind.OperationTimeout,
            ErrorIds.TimedOut,
            $"'{share.Name}': {state} after {timeout.TotalSeconds:0} s.{Missing(recipients.Where(r => !IsComplete(r)).ToList())}",
            share.InfoHash,
            "Those that are receiving it go on, and offers stay while this peer runs; the same command waits again.");
    }

    /// <summary>The error of a share that some declined or could not receive; null when there are none.</summary>
    public static P2PShareException? Undelivered(ShareInfo share, IReadOnlyList<ShareRecipient> recipients)
    {
        ArgumentNullException.ThrowIfNull(share);
        ArgumentNullException.ThrowIfNull(recipients);
        var without = recipients.Where(r => r.State is RecipientState.Declined or RecipientState.Failed).ToList();
        return without.Count == 0 ? null : new P2PShareException(
            ErrorKind.ResourceUnavailable,
            ErrorIds.OfferNotTaken,
            $"'{share.Name}': {Describe(recipients)}.{Missing(without)}",
            share.InfoHash,
            "See what each of them says; when that is mended, send it to them again.");
    }

    private static bool IsComplete(ShareRecipient recipient) => recipient.State == RecipientState.Complete;

    private static string Missing(List<ShareRecipient> missing)
    {
        if (missing.Count == 0) return "";
        var names = string.Join(", ", missing.Take(MostNamed).Select(One));
        return $" Missing: {names}{(missing.Count > MostNamed ? $" and {missing.Count - MostNamed} more" : "")}.";
    }

    private static string One(ShareRecipient recipient)
    {
        var state = recipient.State switch
        {
            RecipientState.None => recipient.IsPresent ? "not receiving it" : "has left",
            RecipientState.Undelivered => recipient.IsPresent ? "no answer yet" : "away",
            RecipientState.Listed => "offer waits there",
            RecipientState.Receiving => recipient.IsPresent ? "receiving" : "away",
            _ => recipient.State.ToString().ToLowerInvariant(),
        };
        var name = DisplayName.Escape(recipient.Name);
        return recipient.Detail.Length == 0 ? $"{name} ({state})" : $"{name} ({state}: {DisplayName.Escape(recipient.Detail)})";
    }
}
