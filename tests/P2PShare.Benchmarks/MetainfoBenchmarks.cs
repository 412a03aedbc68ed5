using BenchmarkDotNet.Attributes;
using P2PShare.Protocol;
using P2PShare.Protocol.Bencoding;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Benchmarks;

/// <summary>Reading an info dictionary of many files, as each receiver of a large folder does.</summary>
[MemoryDiagnoser]
public class MetainfoBenchmarks
{
    private const int Piece = 1 << 20;
    private const int FilesPerFolder = 50;

    private ReadOnlyMemory<byte> _info;

    /// <summary>Number of files in the share.</summary>
    [Params(10, 5000)]
    public int Files { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        var digest = new byte[Hash256.Size];
        var builder = new TorrentInfoBuilder("share", Piece);
        for (var i = 0; i < Files; i++)
        {
            random.NextBytes(digest);
            builder.AddFile([$"folder-{i / FilesPerFolder:D4}", $"file-{i:D5}.bin"], random.Next(1, 10 * Piece), new Hash256(digest));
        }

        _info = builder.Build().RawInfo;
    }

    [Benchmark]
    public int SkipTokens()
    {
        var reader = new BencodeReader(_info.Span);
        reader.Skip();
        return reader.Position;
    }

    [Benchmark]
    public TorrentInfo Parse() => TorrentInfo.Parse(_info);
}
