using BenchmarkDotNet.Attributes;
using P2PShare.Protocol.Wire;

namespace P2PShare.Benchmarks;

/// <summary>What is written and read around each block: the frame's header, requests, the header of a piece message.</summary>
[MemoryDiagnoser]
public class WireBenchmarks
{
    private const int Messages = 64;

    private readonly byte[] _frames = new byte[Messages * FrameHeader.Size];
    private readonly byte[] _prefix = new byte[PeerMessage.PiecePrefixSize];
    private readonly byte[] _messages = new byte[Messages * (PeerMessage.ChannelSize + PeerMessage.MaxFixedSize)];

    [GlobalSetup]
    public void Setup()
    {
        WriteFrames();
        WriteRequests();
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int WriteFrames()
    {
        var used = 0;
        for (var i = 0; i < Messages; i++) used += new FrameHeader((uint)i, 13).Write(_frames.AsSpan(used));
        return used;
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int ReadFrames()
    {
        var sum = 0;
        for (var i = 0; i < Messages; i++) sum += FrameHeader.Read(_frames.AsSpan(i * FrameHeader.Size)).MessageLength;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int WriteRequests()
    {
        var used = 0;
        for (var i = 0; i < Messages; i++)
        {
            used += PeerMessage.WriteChannel(_messages.AsSpan(used), 1);
            used += PeerMessage.WriteBlockRequest(_messages.AsSpan(used), MessageId.Request, new BlockRequest(i, 0, BlockRequest.BlockSize));
        }

        return used;
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int ReadRequests()
    {
        const int Size = FrameHeader.Size + 1 + BlockRequest.Size;
        var sum = 0;
        for (var i = 0; i < Messages; i++)
        {
            var message = _messages.AsSpan(i * Size, Size);
            var header = FrameHeader.Read(message);
            MessageLengths.Check((MessageId)message[FrameHeader.Size], header.MessageLength);
            sum += BlockRequest.Read(message[(FrameHeader.Size + 1)..]).Piece;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    public int WritePieceHeaders()
    {
        var used = 0;
        for (var i = 0; i < Messages; i++) used += PeerMessage.WritePiecePrefix(_prefix, new PieceHeader(i, 0), BlockRequest.BlockSize);
        return used;
    }
}
