using System.Collections.Concurrent;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>Where the contents of published and received files stand on this machine, by the root of their Merkle trees.</summary>
internal sealed class LocalFileIndex : ILocalFiles
{
    /// <summary>Past so many files new ones are not noted: reuse is a saving, not a promise.</summary>
    public const int MaxFiles = 500_000;

    private readonly ConcurrentDictionary<Hash256, string> _paths = new();

    /// <param name="paths">In the order of the share's files; null for those that are not here.</param>
    public void Add(TorrentInfo info, IReadOnlyList<string?> paths)
    {
        // Asked once: counting takes all of the dictionary's locks.
        var room = MaxFiles - _paths.Count;
        for (var i = 0; i < paths.Count && room > 0; i++)
        {
            if (info.Files[i].Length == 0 || paths[i] is not { } path) continue;
            _paths[info.Files[i].PiecesRoot] = path;
            room--;
        }
    }

    public bool Knows(Hash256 piecesRoot) => _paths.ContainsKey(piecesRoot);

    public string? Find(Hash256 piecesRoot, long length)
    {
        if (!_paths.TryGetValue(piecesRoot, out var path)) return null;
        var file = new FileInfo(path);
        if (file.Exists && file.Length == length) return path;
        _paths.TryRemove(new KeyValuePair<Hash256, string>(piecesRoot, path));
        return null;
    }
}
