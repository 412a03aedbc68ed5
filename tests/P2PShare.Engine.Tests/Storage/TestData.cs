using System.Security.Cryptography;

namespace P2PShare.Engine.Tests.Storage;

internal static class TestData
{
    /// <summary>Bytes that depend on the seed alone.</summary>
    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
