using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace P2PShare.Protocol.Metainfo;

/// <summary>
/// SHA-256 (FIPS 180-4) of 16 messages of equal length at once, one in each 32-bit lane of AVX-512 registers. The blocks
/// of a piece are such messages: independent, all of one length, and public, so that nothing depends on timing.
/// </summary>
internal static class Sha256Lanes512
{
    /// <summary>How many messages are hashed at once.</summary>
    public const int Lanes = 16;

    /// <summary>SHA-256 takes 64 bytes at a time.</summary>
    public const int ChunkSize = 64;

    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported;

    /// <summary>
    /// Writes the hashes of 1 to 16 messages that stand one behind the other, each of <paramref name="length"/> bytes, a
    /// multiple of 64. Fewer take as long as 16.
    /// </summary>
    public static void Hash(ReadOnlySpan<byte> messages, int length, Span<byte> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % ChunkSize, 0);
        var count = messages.Length / length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(messages.Length, count * length);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Lanes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hashes.Length, count * Hash256.Size);
        HashEqual(ref MemoryMarshal.GetReference(messages), OffsetsOf(count, length), length, hashes);
    }

    /// <summary>The same for messages that lie in different places, all of <paramref name="length"/> bytes, a multiple of 64.</summary>
    public static void Hash(ReadOnlySpan<ReadOnlyMemory<byte>> messages, int length, Span<byte> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % ChunkSize, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(messages.Length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messages.Length, Lanes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hashes.Length, messages.Length * Hash256.Size);
        foreach (var message in messages) ArgumentOutOfRangeException.ThrowIfNotEqual(message.Length, length);
        Pins pins = default;
        try
        {
            // How far apart they are is only known as long as none of them is moved.
            for (var i = 0; i < messages.Length; i++) pins[i] = messages[i].Pin();
            ref var first = ref MemoryMarshal.GetReference(messages[0].Span);
            Offsets offsets = default;
            for (var i = 0; i < Lanes; i++)
                offsets[i] = Unsafe.ByteOffset(ref first, ref MemoryMarshal.GetReference(messages[Math.Min(i, messages.Length - 1)].Span));
            HashEqual(ref first, offsets, length, hashes);
        }
        finally
        {
            for (var i = 0; i < messages.Length; i++) pins[i].Dispose();
        }
    }

    /// <summary>
    /// Writes the hashes of 1 to 16 messages of any lengths. They are padded already (<see cref="Pad"/>), and begin every
    /// <paramref name="stride"/> bytes, a multiple of 64; it takes as long as 16 of the longest.
    /// </summary>
    /// <param name="messages">The messages.</param>
    /// <param name="stride">How far apart they begin.</param>
    /// <param name="chunks">How many 64 bytes each has, its padding included.</param>
    /// <param name="hashes">Receives the hashes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void HashPadded(ReadOnlySpan<byte> messages, int stride, ReadOnlySpan<int> chunks, Span<byte> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfNotEqual(stride % ChunkSize, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunks.Length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunks.Length, Lanes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(messages.Length, chunks.Length * stride);
        ArgumentOutOfRangeException.ThrowIfNotEqual(hashes.Length, chunks.Length * Hash256.Size);
        foreach (var count in chunks)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, stride / ChunkSize);
        }

        Begin(out var state);
        Schedule words;
        Unsafe.SkipInit(out words);
        ref var first = ref MemoryMarshal.GetReference(messages);
        var offsets = OffsetsOf(chunks.Length, stride);
        for (int done = 0, left = chunks.Length; left > 0;)
        {
            Load(ref Unsafe.Add(ref first, done * ChunkSize), in offsets, ref words);
            Compress(ref state, ref words);
            done++;
            for (var lane = 0; lane < chunks.Length; lane++)
            {
                if (chunks[lane] != done) continue;
                Write(in state, lane, hashes);
                left--;
            }
        }
    }

    /// <summary>Appends to a message of <paramref name="length"/> bytes, at the begin of <paramref name="message"/>, what SHA-256 appends to it.</summary>
    /// <returns>How many 64 bytes it has then.</returns>
    public static int Pad(Span<byte> message, int length)
    {
        var chunks = ChunksOf(length);
        var padding = message[length..(chunks * ChunkSize)];
        padding.Clear();
        padding[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(padding[^sizeof(long)..], (long)length * 8);
        return chunks;
    }

    /// <summary>How many 64 bytes a message has when it is padded.</summary>
    public static int ChunksOf(int length) => (length + 1 + sizeof(long) + ChunkSize - 1) / ChunkSize;

    /// <summary>Hashes 16 messages of <paramref name="length"/> bytes, a multiple of 64, and writes as many hashes as there is room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void HashEqual(ref byte first, in Offsets offsets, int length, Span<byte> hashes)
    {
        Begin(out var state);
        Schedule words;
        Unsafe.SkipInit(out words);
        for (var offset = 0; offset < length; offset += ChunkSize)
        {
            Load(ref Unsafe.Add(ref first, offset), in offsets, ref words);
            Compress(ref state, ref words);
        }

        for (var i = 0; i < Lanes; i++) words[i] = Vector512<uint>.Zero;
        words[0] = Vector512.Create(0x80000000);
        words[15] = Vector512.Create((uint)length * 8);
        Compress(ref state, ref words);
        for (var lane = 0; lane < hashes.Length / Hash256.Size; lane++) Write(in state, lane, hashes);
    }

    /// <summary>Where messages begin that stand every <paramref name="stride"/> bytes. Lanes without a message of their own do the last one's work again.</summary>
    private static Offsets OffsetsOf(int count, int stride)
    {
        Offsets offsets = default;
        for (var i = 0; i < Lanes; i++) offsets[i] = Math.Min(i, count - 1) * (nint)stride;
        return offsets;
    }

    private static void Begin(out State state)
    {
        state = default;
        for (var i = 0; i < Sha256Constants.InitialState.Length; i++) state[i] = Vector512.Create(Sha256Constants.InitialState[i]);
    }

    private static void Write(in State state, int lane, Span<byte> hashes)
    {
        for (var i = 0; i < 8; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hashes[(lane * Hash256.Size + i * sizeof(uint))..], state[i].GetElement(lane));
    }

    /// <summary>Reads 64 bytes of each message and turns them round, so that each vector has one word of all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load(ref byte first, in Offsets offsets, ref Schedule words)
    {
        Schedule pairs;
        Unsafe.SkipInit(out pairs);
        for (var i = 0; i < Lanes; i += 4)
        {
            var row0 = Row(ref first, offsets[i]);
            var row1 = Row(ref first, offsets[i + 1]);
            var row2 = Row(ref first, offsets[i + 2]);
            var row3 = Row(ref first, offsets[i + 3]);
            var low01 = Avx512F.UnpackLow(row0, row1).AsUInt64();
            var high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
            var low23 = Avx512F.UnpackLow(row2, row3).AsUInt64();
            var high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
            pairs[i] = Avx512F.UnpackLow(low01, low23).AsUInt32();
            pairs[i + 1] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            pairs[i + 2] = Avx512F.UnpackLow(high01, high23).AsUInt32();
            pairs[i + 3] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }

        for (var i = 0; i < 4; i++)
        {
            var even = Avx512F.Shuffle4x128(pairs[i], pairs[4 + i], 0x88);
            var odd = Avx512F.Shuffle4x128(pairs[i], pairs[4 + i], 0xDD);
            var even2 = Avx512F.Shuffle4x128(pairs[8 + i], pairs[12 + i], 0x88);
            var odd2 = Avx512F.Shuffle4x128(pairs[8 + i], pairs[12 + i], 0xDD);
            words[i] = Avx512F.Shuffle4x128(even, even2, 0x88);
            words[4 + i] = Avx512F.Shuffle4x128(odd, odd2, 0x88);
            words[8 + i] = Avx512F.Shuffle4x128(even, even2, 0xDD);
            words[12 + i] = Avx512F.Shuffle4x128(odd, odd2, 0xDD);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Row(ref byte first, nint offset)
    {
        var swap = Vector512.Create(Vector256.Create(Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
        return Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.AddByteOffset(ref first, offset)), swap).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref State state, ref Schedule words)
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        ref var k = ref MemoryMarshal.GetReference(Sha256Constants.Round);
        ref var w = ref Unsafe.As<Schedule, Vector512<uint>>(ref words);
        for (var i = 0; i < 64; i += 16)
        {
            Round(a, b, c, ref d, e, f, g, ref h, k, w);
            Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref k, 1), Unsafe.Add(ref w, 1));
            Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref k, 2), Unsafe.Add(ref w, 2));
            Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref k, 3), Unsafe.Add(ref w, 3));
            Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref k, 4), Unsafe.Add(ref w, 4));
            Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref k, 5), Unsafe.Add(ref w, 5));
            Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref k, 6), Unsafe.Add(ref w, 6));
            Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref k, 7), Unsafe.Add(ref w, 7));
            Round(a, b, c, ref d, e, f, g, ref h, Unsafe.Add(ref k, 8), Unsafe.Add(ref w, 8));
            Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref k, 9), Unsafe.Add(ref w, 9));
            Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref k, 10), Unsafe.Add(ref w, 10));
            Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref k, 11), Unsafe.Add(ref w, 11));
            Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref k, 12), Unsafe.Add(ref w, 12));
            Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref k, 13), Unsafe.Add(ref w, 13));
            Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref k, 14), Unsafe.Add(ref w, 14));
            Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref k, 15), Unsafe.Add(ref w, 15));
            k = ref Unsafe.Add(ref k, 16);
            if (i < 48) Extend(ref w);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, ref Vector512<uint> d,
        Vector512<uint> e, Vector512<uint> f, Vector512<uint> g, ref Vector512<uint> h, uint k, Vector512<uint> w)
    {
        var sum1 = Xor(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        var choose = Avx512F.TernaryLogic(e, f, g, 0xCA);
        var t = h + (w + Vector512.Create(k)) + (sum1 + choose);
        d += t;
        var sum0 = Xor(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
        h = t + (sum0 + Avx512F.TernaryLogic(a, b, c, 0xE8));
    }

    /// <summary>The next 16 words of the message schedule, in place of the last 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Extend(ref Vector512<uint> w)
    {
        Next(ref w, 0, 1, 9, 14);
        Next(ref w, 1, 2, 10, 15);
        Next(ref w, 2, 3, 11, 0);
        Next(ref w, 3, 4, 12, 1);
        Next(ref w, 4, 5, 13, 2);
        Next(ref w, 5, 6, 14, 3);
        Next(ref w, 6, 7, 15, 4);
        Next(ref w, 7, 8, 0, 5);
        Next(ref w, 8, 9, 1, 6);
        Next(ref w, 9, 10, 2, 7);
        Next(ref w, 10, 11, 3, 8);
        Next(ref w, 11, 12, 4, 9);
        Next(ref w, 12, 13, 5, 10);
        Next(ref w, 13, 14, 6, 11);
        Next(ref w, 14, 15, 7, 12);
        Next(ref w, 15, 0, 8, 13);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Next(ref Vector512<uint> w, int i, int minus15, int minus7, int minus2)
    {
        var w15 = Unsafe.Add(ref w, minus15);
        var w2 = Unsafe.Add(ref w, minus2);
        var small0 = Xor(Avx512F.RotateRight(w15, 7), Avx512F.RotateRight(w15, 18), w15 >>> 3);
        var small1 = Xor(Avx512F.RotateRight(w2, 17), Avx512F.RotateRight(w2, 19), w2 >>> 10);
        Unsafe.Add(ref w, i) += small0 + Unsafe.Add(ref w, minus7) + small1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Xor(Vector512<uint> x, Vector512<uint> y, Vector512<uint> z) => Avx512F.TernaryLogic(x, y, z, 0x96);

    [InlineArray(8)]
    [SuppressMessage("Performance", "CA1823:Avoid unused private fields", Justification = "The element type of an inline array.")]
    private struct State
    {
        private Vector512<uint> _first;
    }

    [InlineArray(Lanes)]
    [SuppressMessage("Performance", "CA1823:Avoid unused private fields", Justification = "The element type of an inline array.")]
    private struct Offsets
    {
        private nint _first;
    }

    [InlineArray(Lanes)]
    [SuppressMessage("Performance", "CA1823:Avoid unused private fields", Justification = "The element type of an inline array.")]
    private struct Pins
    {
        private MemoryHandle _first;
    }

    [InlineArray(Lanes)]
    [SuppressMessage("Performance", "CA1823:Avoid unused private fields", Justification = "The element type of an inline array.")]
    private struct Schedule
    {
        private Vector512<uint> _first;
    }
}
