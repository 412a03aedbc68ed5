using BenchmarkDotNet.Attributes;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Benchmarks;

/// <summary>Dictionaries as they come in extension messages and records: some numbers, some strings.</summary>
[MemoryDiagnoser]
public class BencodeBenchmarks
{
    private readonly BencodeWriter _writer = new();
    private readonly byte[] _string = new byte[32];
    private byte[] _encoded = [];

    /// <summary>Entries of the dictionary.</summary>
    [Params(8, 512)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        new Random(1).NextBytes(_string);
        Write();
        _encoded = _writer.ToArray();
    }

    [Benchmark]
    public int Write()
    {
        Span<byte> key = stackalloc byte[4];
        _writer.Reset();
        _writer.WriteDictionaryStart();
        for (var i = 0; i < Entries; i++)
        {
            (1000 + i).TryFormat(key, out _, provider: System.Globalization.CultureInfo.InvariantCulture);
            _writer.WriteKey(key);
            if (i % 2 == 0) _writer.WriteInteger(i * 1_000_003L);
            else _writer.WriteByteString(_string);
        }

        _writer.WriteEnd();
        return _writer.Length;
    }

    [Benchmark]
    public long Read()
    {
        var reader = new BencodeReader(_encoded);
        long sum = 0;
        reader.ReadDictionaryStart();
        while (reader.TryReadKey(out _))
        {
            if (reader.PeekType() == BencodeTokenType.Integer) sum += reader.ReadInteger();
            else sum += reader.ReadByteString().Length;
        }

        return sum;
    }
}
