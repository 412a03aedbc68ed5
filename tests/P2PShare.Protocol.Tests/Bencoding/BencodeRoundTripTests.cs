using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Tests.Bencoding;

public sealed class BencodeRoundTripTests
{
    [Property(MaxTest = 300, Replay = "(20260101,7)")]
    public Property Whatever_is_written_reads_back_the_same() => Prop.ForAll(Values().ToArbitrary(), value =>
    {
        var writer = new BencodeWriter();
        Write(writer, value);
        var bytes = writer.ToArray();

        var reader = new BencodeReader(bytes);
        var raw = reader.ReadRawValue().ToArray();
        reader.RequireEndOfInput();

        var again = new BencodeReader(bytes);
        var copy = new BencodeWriter();
        Write(copy, Read(ref again));
        return raw.AsSpan().SequenceEqual(bytes) && copy.WrittenSpan.SequenceEqual(bytes);
    });

    [Fact]
    public void Every_prefix_of_a_value_ends_unexpectedly()
    {
        var bytes = "d1:ali12e3:xyzdee1:bi-1e1:cl0:ee"u8.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var prefix = bytes[..length];
            var fault = Assert.Throws<BencodeException>(() => new BencodeReader(prefix).Skip());
            Assert.Contains(fault.Kind, new[] { BencodeErrorKind.UnexpectedEnd, BencodeErrorKind.LengthBeyondInput });
        }
    }

    [Fact]
    public void Random_and_mutated_bytes_throw_nothing_but_bencode_faults()
    {
        var random = new Random(20_260_101);
        var valid = "d1:ali12e3:xyzdee1:bi-1e1:cl0:d1:xi9eeee"u8.ToArray();
        const string alphabet = "0123456789:-idle\xFF\0ab";
        var accepted = 0;
        for (var round = 0; round < 50_000; round++)
        {
            byte[] bytes;
            if (round % 2 == 0)
            {
                bytes = new byte[random.Next(40)];
                for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)alphabet[random.Next(alphabet.Length)];
            }
            else
            {
                bytes = [.. valid];
                for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)alphabet[random.Next(alphabet.Length)];
            }

            try
            {
                var reader = new BencodeReader(bytes);
                reader.Skip();
                Assert.InRange(reader.Position, 1, bytes.Length);
                var again = new BencodeReader(bytes);
                var writer = new BencodeWriter();
                Write(writer, Read(ref again));
                // What the strict reader accepts has one encoding only.
                Assert.Equal(bytes.AsSpan(0, reader.Position), writer.WrittenSpan);
                accepted++;
            }
            catch (BencodeException fault)
            {
                Assert.InRange(fault.Offset, 0, bytes.Length);
            }
        }

        Assert.InRange(accepted, 100, 49_900);
    }

    private static Gen<object> Values()
    {
        return Gen.Sized(size => Value(Math.Min(size, 30)));

        static Gen<object> Value(int size)
        {
            var integers = Gen.OneOf(ArbMap.Default.GeneratorFor<long>(), Gen.Elements(0L, -1L, long.MinValue, long.MaxValue)).Select(i => (object)i);
            var strings = ArbMap.Default.GeneratorFor<byte[]>().Select(b => (object)b);
            if (size == 0) return Gen.OneOf(integers, strings);
            var inner = Value(size / 3);
            var lists = inner.ListOf().Select(items => (object)items.ToList());
            var pairs = ArbMap.Default.GeneratorFor<byte[]>().SelectMany(key => inner.Select(value => (Key: Encoding.Latin1.GetString(key), Value: value)));
            var dictionaries = pairs.ListOf().Select(entries =>
            {
                var sorted = new SortedDictionary<string, object>(StringComparer.Ordinal);
                foreach (var (key, value) in entries) sorted[key] = value;
                return (object)sorted;
            });
            return Gen.OneOf(integers, strings, lists, dictionaries);
        }
    }

    private static void Write(BencodeWriter writer, object value)
    {
        switch (value)
        {
            case long integer:
                writer.WriteInteger(integer);
                break;
            case byte[] bytes:
                writer.WriteByteString(bytes);
                break;
            case List<object> items:
                writer.WriteListStart();
                foreach (var item in items) Write(writer, item);
                writer.WriteEnd();
                break;
            case SortedDictionary<string, object> entries:
                writer.WriteDictionaryStart();
                foreach (var (key, entry) in entries)
                {
                    writer.WriteKey(Encoding.Latin1.GetBytes(key));
                    Write(writer, entry);
                }

                writer.WriteEnd();
                break;
        }
    }

    private static object Read(ref BencodeReader reader)
    {
        switch (reader.PeekType())
        {
            case BencodeTokenType.Integer:
                return reader.ReadInteger();
            case BencodeTokenType.List:
                var items = new List<object>();
                reader.ReadListStart();
                while (!reader.TryReadEnd()) items.Add(Read(ref reader));
                return items;
            case BencodeTokenType.Dictionary:
                var entries = new SortedDictionary<string, object>(StringComparer.Ordinal);
                reader.ReadDictionaryStart();
                while (reader.TryReadKey(out var key)) entries.Add(Encoding.Latin1.GetString(key), Read(ref reader));
                return entries;
            default:
                return reader.ReadByteString().ToArray();
        }
    }
}
