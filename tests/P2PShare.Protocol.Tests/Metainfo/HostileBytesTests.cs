using System.Diagnostics;
using System.Text;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Protocol.Tests.Metainfo;

/// <summary>Whatever comes in, a parser of this folder throws nothing but <see cref="ProtocolException"/>, in bounded time.</summary>
public sealed class HostileBytesTests
{
    private static readonly byte[][] Fragments =
    [
        .. new[] { "e", "d", "l", "i0e", "i-1e", "i9223372036854775807e", "0:", "1:a", "99999999999:", "de", "le", "d0:d6:lengthi1eee", "6:length", "4:attr1:p" }
            .Select(Encoding.ASCII.GetBytes),
    ];

    [Fact]
    public void Mutated_info_dictionaries() =>
        Attack(TorrentMetainfoTests.Sample().Info.RawInfo.ToArray(), 11, bytes =>
        {
            var info = TorrentInfo.Parse(bytes);
            for (var piece = 0; piece < info.PieceCount; piece += 1 + info.PieceCount / 7) info.Locate(piece);
            foreach (var file in info.Files) file.ToString();
        });

    [Fact]
    public void Mutated_torrent_files()
    {
        var (info, layers) = TorrentMetainfoTests.Sample();
        var torrent = new TorrentMetainfo(info, layers) { Announce = "http://t", AnnounceList = [["http://t"]], Comment = "c", CreationDate = 5 };
        Attack(torrent.ToBytes(), 12, bytes => TorrentMetainfo.Parse(TorrentMetainfo.Parse(bytes).ToBytes()));
    }

    [Fact]
    public void Mutated_attributes() =>
        Attack(
            ShareAttributes.Build(
                [new EntryAttributes(5, 1), new EntryAttributes(6, null)],
                [new DirectoryAttributes(["a"], default), new DirectoryAttributes(["a", "b"], default)]).Bytes.ToArray(),
            13,
            bytes =>
            {
                foreach (var entry in ShareAttributes.Parse(bytes, 2).Files) _ = entry.ModifiedUtc;
            });

    [Fact]
    public void Mutated_magnet_links() =>
        Attack(
            Encoding.ASCII.GetBytes("magnet:?xt=urn:btmh:1220" + new string('a', 64) + "&dn=%41b&x.pe=%5b::1%5d:50&tr=x"),
            14,
            bytes => MagnetLink.Parse(MagnetLink.Parse(Encoding.Latin1.GetString(bytes)).ToString()));

    [Fact]
    public void A_torrent_full_of_values_is_refused_in_bounded_time()
    {
        var bytes = new byte[10_000_000];
        bytes.AsSpan().Fill((byte)'e');
        Encoding.ASCII.GetBytes("d4:infol").CopyTo(bytes, 0);
        for (var i = 8; i + 1 < bytes.Length; i += 2) (bytes[i], bytes[i + 1]) = ((byte)'l', (byte)'e');
        var watch = Stopwatch.StartNew();
        Assert.Equal(MetainfoErrorKind.TooManyTokens, Assert.Throws<MetainfoException>(() => TorrentMetainfo.Parse(bytes)).Kind);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 30);
    }

    private static void Attack(byte[] valid, int seed, Action<byte[]> parse)
    {
        parse(valid);
        var random = new Random(seed);
        int refused = 0, accepted = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var bytes = round % 10 == 0 ? RandomBytes(random) : Mutate(valid, random);
            try
            {
                parse(bytes);
                accepted++;
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }

        Assert.True(refused > 500, $"{refused} refused");
        Assert.True(accepted > 10, $"{accepted} accepted");
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        if (bytes.Length > 0) bytes[0] = (byte)"dlm"[random.Next(3)];
        return bytes;
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = new List<byte>(valid);
        for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, Fragments[random.Next(Fragments.Length)]);
                    break;
                case 4:
                    bytes.InsertRange(at, valid.Skip(random.Next(valid.Length)).Take(random.Next(1, 60)).ToArray());
                    break;
                default:
                    // A digit for a digit keeps the grammar and changes lengths and numbers.
                    at = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (at >= 0) bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. bytes];
    }
}
