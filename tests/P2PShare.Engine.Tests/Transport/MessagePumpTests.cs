using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transport;

public sealed class MessagePumpTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4000)]
    [InlineData(1_000_000)]
    public async Task However_the_bytes_arrive_the_messages_are_the_same(int chunk)
    {
        var random = new Random(1);
        var sink = new Sink();
        var stream = new MemoryStream();
        var expected = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            var channel = (uint)random.Next(1, 4);
            switch (random.Next(4))
            {
                case 0:
                    stream.Write(new byte[FrameHeader.Size]);
                    break;
                case 1:
                    var payload = Bytes(random, random.Next(1, 5000));
                    Write(stream, channel, (byte)MessageId.Extended, payload);
                    expected.Add($"{channel} {(byte)MessageId.Extended} {Convert.ToHexString(payload)}");
                    break;
                case 2:
                    var membership = Bytes(random, random.Next(0, 300));
                    Write(stream, 0, 9, membership);
                    expected.Add($"0 9 {Convert.ToHexString(membership)}");
                    break;
                default:
                    var block = Bytes(random, random.Next(1, BlockRequest.BlockSize + 1));
                    Write(stream, channel, (byte)MessageId.Piece, Piece(i, 16384, block));
                    expected.Add($"{channel} block {i} 16384 {Convert.ToHexString(block)}");
                    break;
            }
        }

        stream.Position = 0;
        var pump = new MessagePump(new ChoppedStream(stream, chunk), framed: true, sink, TimeProvider.System);
        Assert.Equal("the connection ended", await pump.ReadAllAsync(default));
        Assert.Equal(expected, sink.Log);
        Assert.Equal(stream.Length, pump.BytesReceived);
    }

    [Fact]
    public async Task A_block_nobody_wants_is_read_and_thrown_away()
    {
        var sink = new Sink { Unwanted = true };
        var stream = new MemoryStream();
        Write(stream, 1, (byte)MessageId.Piece, Piece(3, 0, new byte[16384]));
        Write(stream, 1, (byte)MessageId.Unchoke, []);
        stream.Position = 0;
        await new MessagePump(stream, framed: true, sink, TimeProvider.System).ReadAllAsync(default);
        Assert.Equal([$"1 {(byte)MessageId.Unchoke} "], sink.Log);
    }

    [Fact]
    public async Task A_foreign_connection_has_no_channel_numbers()
    {
        var sink = new Sink();
        var pump = new MessagePump(new MemoryStream([0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 5, 4, 0, 0, 0, 9]), framed: false, sink, TimeProvider.System);
        await pump.ReadAllAsync(default);
        Assert.Equal(["0 1 ", "0 4 00000009"], sink.Log);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 5, 4, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 5 })]
    [InlineData(new byte[] { 0, 0, 64, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2 })]
    public async Task An_end_in_the_middle_of_a_message_is_told(byte[] bytes)
    {
        var sink = new Sink();
        var reason = await new MessagePump(new MemoryStream(bytes), framed: false, sink, TimeProvider.System).ReadAllAsync(default);
        Assert.Equal("the connection ended in the middle of a message", reason);
        Assert.Empty(sink.Log);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0 })]
    [InlineData(new byte[] { 0, 0x10, 0, 1, 20 })]
    [InlineData(new byte[] { 0, 0, 0, 2, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 4, 4, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 5, 7, 0, 0, 0, 0 })]
    public async Task An_impossible_length_is_refused_before_anything_is_read(byte[] bytes)
    {
        var pump = new MessagePump(new MemoryStream(bytes), framed: false, new Sink(), TimeProvider.System);
        await Assert.ThrowsAsync<WireException>(() => pump.ReadAllAsync(default));
    }

    [Fact]
    public async Task Random_bytes_end_in_a_refusal_or_at_their_end()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var bytes = Bytes(new Random(seed), 3000);
            // Every other one gets a plausible beginning, to come further.
            if (seed % 2 == 0) bytes[0] = bytes[1] = bytes[2] = bytes[3] = bytes[4] = bytes[5] = 0;
            var pump = new MessagePump(new MemoryStream(bytes), framed: true, new Sink(), TimeProvider.System);
            try
            {
                await pump.ReadAllAsync(default);
            }
            catch (ProtocolException)
            {
                // Refused, as it should be.
            }

            Assert.True(pump.BytesReceived <= bytes.Length);
        }
    }

    [Fact]
    public async Task What_is_queued_is_written_until_it_is_closed()
    {
        var stream = new MemoryStream();
        var pump = new MessagePump(stream, framed: true, new Sink(), TimeProvider.System);
        var writing = pump.WriteAllAsync(default);
        pump.Outgoing.Send(pump.Outgoing.Membership, [9, 1, 2]);
        pump.Outgoing.Send(pump.Outgoing.Membership, default);
        await Eventually.Holds(() => pump.BytesSent == 11 + 8);
        pump.Outgoing.Close();
        await writing;
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 3, 9, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0], stream.ToArray());
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Piece(int piece, int begin, byte[] block)
    {
        var header = new byte[PieceHeader.Size];
        new PieceHeader(piece, begin).Write(header);
        return [.. header[1..], .. block];
    }

    private static void Write(Stream stream, uint channel, byte id, byte[] payload)
    {
        var header = new byte[FrameHeader.Size];
        new FrameHeader(channel, 1 + payload.Length).Write(header);
        stream.Write(header);
        stream.WriteByte(id);
        stream.Write(payload);
    }

    private sealed class Sink : IFrameSink
    {
        private byte[] _block = [];

        public List<string> Log { get; } = [];

        public bool Unwanted { get; init; }

        public void OnMessage(uint channel, byte id, ReadOnlySpan<byte> payload) => Log.Add($"{channel} {id} {Convert.ToHexString(payload)}");

        public Memory<byte> OnBlockStarting(uint channel, in PieceHeader header, int length) => Unwanted ? default : _block = new byte[length];

        public void OnBlockReceived(uint channel, in PieceHeader header, int length) =>
            Log.Add($"{channel} block {header.Piece} {header.Begin} {Convert.ToHexString(_block.AsSpan(0, length))}");

        public void OnBatchEnd()
        {
        }
    }

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class ChoppedStream(Stream inner, int most) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
