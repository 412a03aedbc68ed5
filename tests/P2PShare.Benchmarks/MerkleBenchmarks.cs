using BenchmarkDotNet.Attributes;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Benchmarks;

/// <summary>Hashing pieces: what publishing and verifying spend their time on.</summary>
[MemoryDiagnoser]
public class MerkleBenchmarks
{
    private readonly byte[] _root = new byte[Hash256.Size];
    private byte[] _piece = [];
    private byte[] _leaves = [];
    private int _level;

    /// <summary>Bytes of the piece.</summary>
    [Params(256 << 10, 4 << 20)]
    public int PieceLength { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _piece = new byte[PieceLength];
        new Random(1).NextBytes(_piece);
        var blocks = PieceLength / MerkleTree.BlockSize;
        _level = MerkleTree.LevelsAbove(blocks);
        _leaves = new byte[blocks * Hash256.Size];
        MerkleTree.HashBlocks(_piece, _leaves);
    }

    [Benchmark]
    public int LeavesOfAPiece() => MerkleTree.HashBlocks(_piece, _leaves);

    [Benchmark]
    public void RootOfLeaves() => MerkleTree.Root(_leaves, 0, _level, _root);

    [Benchmark]
    public Hash256 RootOfAPiece() => MerkleTree.RootOfData(_piece, _level);
}
