using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Mirroring;

/// <summary>Of which shares a peer keeps copies by itself, where, and how many the swarm is to have.</summary>
internal sealed class MirrorRule
{
    private readonly List<WildcardPattern> _names;

    private MirrorRule(IReadOnlyList<string> names, string folder, int? copies)
    {
        _names = [.. names.Select(name => new WildcardPattern(name))];
        Folder = folder;
        Copies = copies;
    }

    /// <summary>The folder that holds the copies: absolute.</summary>
    public string Folder { get; }

    /// <summary>How many peers besides the publisher are to hold a share; null for this peer in any case.</summary>
    public int? Copies { get; }

    /// <summary>Null when no copies are to be kept.</summary>
    /// <exception cref="P2PShareException">InvalidArgument: one of names and folder without the other, or fewer copies than one.</exception>
    public static MirrorRule? Of(PeerOptions options)
    {
        if (options.Mirror.Count == 0 && options.MirrorPath is null && options.MirrorCopies is null) return null;
        if (options.Mirror.Count == 0 || options.Mirror.Any(string.IsNullOrEmpty))
            throw Invalid("It was not said of which shares copies are to be kept.", options.MirrorPath, "Give names of shares, or * for all.");
        if (options.MirrorPath is not { } folder)
            throw Invalid("It was said of which shares to keep copies, but not where.", options.Mirror[0], "Give the folder to keep them in, too.");
        if (options.MirrorCopies is < 1)
            throw Invalid($"{options.MirrorCopies} copies cannot be kept.", options.MirrorCopies, "Give a number from 1, or leave it out to keep a copy here in any case.");
        return new MirrorRule(options.Mirror, Path.TrimEndingDirectorySeparator(folder), options.MirrorCopies);
    }

    public bool Covers(string share) => _names.Exists(name => name.IsMatch(share));

    private static P2PShareException Invalid(string message, object? target, string recommendation) =>
        new(ErrorKind.InvalidArgument, ErrorIds.MirrorPathNotWritable, message, target, recommendation);
}
