using System.Net;
using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Messages;

/// <summary>What hello and welcome have in common.</summary>
internal static class Greeting
{
    public static void Write(BencodeWriter writer, BootNonce nonce, IPEndPoint? observed, int port, int protocol, string software, bool isProbe = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(protocol, 1);
        writer.Field("nonce"u8, nonce.ToArray());
        writer.Address("observed"u8, observed);
        writer.Field("port"u8, port);
        writer.Flag("probe"u8, isProbe);
        writer.Field("protocol"u8, protocol);
        writer.Text("software"u8, software, MembershipLimits.MaxSoftware);
    }

    public static BootNonce Nonce(MembershipFields fields) => new(fields.Bytes("nonce"u8, BootNonce.Size, BootNonce.Size));

    public static int Port(MembershipFields fields) => (int)fields.Integer("port"u8, 0, ushort.MaxValue);

    public static int Protocol(MembershipFields fields) => (int)fields.Integer("protocol"u8, 1, int.MaxValue);

    public static string Software(MembershipFields fields) => fields.Text("software"u8, 0, MembershipLimits.MaxSoftware);
}
