using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Offers;

/// <summary>Whose offers a peer takes by itself, and where it puts them.</summary>
internal sealed class AcceptRule
{
    private readonly List<(string Text, WildcardPattern Pattern)> _from;

    private AcceptRule(string folder, IReadOnlyList<string> from)
    {
        Folder = folder;
        _from = [.. from.Select(text => (text, new WildcardPattern(text)))];
    }

    /// <summary>The folder to receive into: absolute.</summary>
    public string Folder { get; }

    /// <summary>Null when no offer is to be taken.</summary>
    /// <exception cref="P2PShareException">InvalidArgument: publishers without a folder.</exception>
    public static AcceptRule? Of(PeerOptions options)
    {
        if (options.AcceptPath is { } folder) return new AcceptRule(Path.TrimEndingDirectorySeparator(folder), options.AcceptFrom);
        if (options.AcceptFrom.Count == 0) return null;
        throw new P2PShareException(
            ErrorKind.InvalidArgument, ErrorIds.AcceptPathNotWritable, "It was said whose offers to take, but not where to put what they offer.",
            options.AcceptFrom[0], "Give the folder to receive into, too.");
    }

    /// <summary>Whether a peer's offers are taken: by its name, or by its peer id, which nobody else can have.</summary>
    public bool Covers(string name, string peerId) =>
        _from.Count == 0 || _from.Exists(from => from.Pattern.IsMatch(name) || string.Equals(from.Text, peerId, StringComparison.OrdinalIgnoreCase));
}
