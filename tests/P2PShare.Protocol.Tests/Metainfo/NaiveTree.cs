using System.Security.Cryptography;

namespace P2PShare.Protocol.Tests.Metainfo;

/// <summary>A file's whole hash tree, built the slow and plain way: every level, padding and all.</summary>
internal sealed class NaiveTree
{
    private readonly List<byte[][]> _levels = [];

    public NaiveTree(byte[] data)
    {
        var leaves = data.Chunk(16384).Select(block => SHA256.HashData(block)).ToList();
        var width = 1;
        while (width < leaves.Count) width *= 2;
        while (leaves.Count < width) leaves.Add(new byte[32]);
        _levels.Add([.. leaves]);
        while (_levels[^1].Length > 1)
            _levels.Add([.. _levels[^1].Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]]))]);
    }

    public int RootLevel => _levels.Count - 1;

    public Hash256 Root => new(_levels[^1][0]);

    public int Width(int level) => _levels[level].Length;

    public byte[] this[int level, int index] => _levels[level][index];

    public byte[] Slice(int level, int index, int count) => [.. _levels[level].Skip(index).Take(count).SelectMany(hash => hash)];
}
