using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Benchmarks.Processes;

/// <summary>
/// The least that a secured and verified transfer costs on this machine: TLS 1.3 over one TCP stream, SHA-256 of every
/// 16 KiB and the write on a second task, and nothing else: no requests, no choice of pieces, no flush, no rename.
/// </summary>
internal static class FloorProcess
{
    public const string Usage = "floor send FILE PORT COPIES | floor receive FILE PORT LENGTH platform|lanes";

    private const string Subject = "CN=floor";
    private const int SendSize = 256 << 10;
    private const int ReceiveSize = 1 << 20;
    private const int Buffers = 8;

    /// <summary>Sends a file to each of some connections.</summary>
    public static async Task SendAsync(string path, int port, int copies)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(64);
        using var certificate = CreateCertificate();
        ReadSystemRoots(certificate);
        using var file = File.OpenHandle(path);
        Console.WriteLine("READY");
        var sending = new List<Task>();
        for (var i = 0; i < copies; i++)
        {
            var socket = await listener.AcceptAsync();
            socket.NoDelay = true;
            sending.Add(Task.Run(async () =>
            {
                await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    CipherSuitesPolicy = Suites(),
                    AllowTlsResume = false,
                });
                var buffer = new byte[SendSize];
                var length = RandomAccess.GetLength(file);
                for (long offset = 0; offset < length;)
                {
                    var count = RandomAccess.Read(file, buffer, offset);
                    await stream.WriteAsync(buffer.AsMemory(0, count));
                    offset += count;
                }

                // Until the other end has closed.
                _ = await stream.ReadAsync(buffer);
            }));
        }

        await Task.WhenAll(sending);
    }

    /// <summary>Receives, hashes and writes a file, and prints DONE with the seconds; starts with a line of input.</summary>
    /// <param name="lanes">Hashes 16 blocks at once, as P2PShare does where the processor can, instead of one by the platform's SHA-256.</param>
    public static async Task ReceiveAsync(string path, int port, long length, bool lanes)
    {
        using (var any = CreateCertificate()) ReadSystemRoots(any);
        Console.WriteLine("READY");
        Console.ReadLine();
        var started = Stopwatch.GetTimestamp();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "floor",
            EnabledSslProtocols = SslProtocols.Tls13,
            CipherSuitesPolicy = Suites(),
            AllowTlsResume = false,
            // What is measured is bytes; who is at the other end is this program.
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == Subject,
        });
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            var free = Channel.CreateUnbounded<byte[]>();
            var full = Channel.CreateUnbounded<(byte[] Buffer, int Count, long Offset)>();
            for (var i = 0; i < Buffers; i++) free.Writer.TryWrite(new byte[ReceiveSize]);
            var writing = Task.Run(async () =>
            {
                var leaves = new byte[ReceiveSize / MerkleTree.BlockSize * Hash256.Size];
                await foreach (var (buffer, count, offset) in full.Reader.ReadAllAsync())
                {
                    if (lanes) MerkleTree.HashBlocks(buffer.AsSpan(0, count), leaves);
                    else HashOneByOne(buffer.AsSpan(0, count), leaves);
                    RandomAccess.Write(file, buffer.AsSpan(0, count), offset);
                    free.Writer.TryWrite(buffer);
                }
            });
            for (long offset = 0; offset < length;)
            {
                var buffer = await free.Reader.ReadAsync();
                var count = await stream.ReadAtLeastAsync(buffer, (int)Math.Min(ReceiveSize, length - offset));
                full.Writer.TryWrite((buffer, count, offset));
                offset += count;
            }

            full.Writer.Complete();
            await writing;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"DONE {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0000}"));
        Console.ReadLine();
    }

    private static void HashOneByOne(ReadOnlySpan<byte> data, Span<byte> leaves)
    {
        for (; !data.IsEmpty; leaves = leaves[Hash256.Size..])
        {
            var block = data[..Math.Min(MerkleTree.BlockSize, data.Length)];
            SHA256.HashData(block, leaves);
            data = data[block.Length..];
        }
    }

    private static CipherSuitesPolicy? Suites() => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
        ? null
        : new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]);

    // With the first chain .NET reads all roots that the machine trusts: 33 processes took 2 CPU s for it. It is no part of
    // what is measured, and a peer has it behind it, too, when the clock starts.
    private static void ReadSystemRoots(X509Certificate2 certificate)
    {
        using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck } };
        _ = chain.Build(certificate);
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
