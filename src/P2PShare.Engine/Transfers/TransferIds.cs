using System.Globalization;
using System.Text;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>Names transfers so that the same share to the same place is the same transfer, in every run.</summary>
internal static class TransferIds
{
    /// <summary>16 hexadecimal digits, of SHA-256 over info-hash, place and chosen files.</summary>
    public static string Of(InfoHash share, string place, IReadOnlyList<int>? files)
    {
        var text = new StringBuilder().Append(share).Append('\n').Append(place).Append('\n');
        foreach (var file in (files ?? []).Order()) text.Append(CultureInfo.InvariantCulture, $"{file},");
        return Hash256.Of(Encoding.UTF8.GetBytes(text.ToString())).ToString()[..16];
    }
}
