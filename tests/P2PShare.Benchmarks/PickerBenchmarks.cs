using BenchmarkDotNet.Attributes;
using P2PShare.Engine.Transfers;

namespace P2PShare.Benchmarks;

/// <summary>The order of pieces by rarity, as 30 peers announce what they get and one asks for the rarest.</summary>
[MemoryDiagnoser]
public class PickerBenchmarks
{
    private const int Peers = 30;

    private PieceOrder _order = null!;
    private int _next;

    /// <summary>Pieces of the share.</summary>
    [Params(1024, 100_000)]
    public int Pieces { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _order = new PieceOrder(Pieces, random);
        for (var piece = 0; piece < Pieces; piece++)
        {
            for (var peers = random.Next(Peers); peers > 0; peers--) _order.Increment(piece);
            _order.Add(piece);
        }
    }

    /// <summary>One peer has one more piece, and one leaves with it.</summary>
    [Benchmark]
    public void AnnounceAndLeave()
    {
        _next = (_next + 7919) % Pieces;
        _order.Increment(_next);
        _order.Decrement(_next);
    }

    /// <summary>A piece is begun, and given up.</summary>
    [Benchmark]
    public void TakeAndReturn()
    {
        _next = (_next + 7919) % Pieces;
        _order.Remove(_next);
        _order.Add(_next);
    }
}
