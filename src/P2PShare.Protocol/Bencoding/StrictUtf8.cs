using System.Text;

namespace P2PShare.Protocol.Bencoding;

/// <summary>UTF-8 that throws instead of replacing: two different texts never become the same bytes.</summary>
internal static class StrictUtf8
{
    public static Encoding Encoding { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
