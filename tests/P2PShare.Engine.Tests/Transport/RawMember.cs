using System.Net;
using P2PShare.Engine.Tests.Membership;
using P2PShare.Engine.Transport;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Messages;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Transport;

/// <summary>A member that says exactly what the test wants, byte by byte.</summary>
internal sealed class RawMember : IAsyncDisposable
{
    private readonly NetworkConnection _connection;

    private RawMember(NetworkConnection connection) => _connection = connection;

    public Stream Stream => _connection.Stream;

    public static PeerId NewId(byte value) => new(new Hash256(Enumerable.Repeat(value, Hash256.Size).ToArray()));

    public static BootNonce NewNonce(byte value) => new(Enumerable.Repeat(value, BootNonce.Size).ToArray());

    /// <summary>Connects to a member and says hello.</summary>
    public static async Task<RawMember> DialAsync(MemoryNetwork network, TestMember target, PeerId id, BootNonce nonce)
    {
        var connection = await network.Host(IPAddress.Parse("192.0.2.200")).ConnectAsync(new DnsEndPoint(target.Address.ToString(), TestMember.Port), default);
        var authenticated = await new PlainAuthenticator(id).AuthenticateAsClientAsync(connection.Stream, default);
        Assert.Equal(target.Id, authenticated.Remote);
        var raw = new RawMember(connection);
        await raw.SendAsync(new Hello { Software = "raw", Nonce = nonce, ListenPort = TestMember.Port });
        return raw;
    }

    public async Task SendAsync(MembershipMessage message) => await Stream.WriteAsync(MembershipCodec.EncodeFrame(message));

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes);

    /// <summary>The next message that is no keep-alive; null at the end of the connection.</summary>
    public async Task<MembershipMessage?> ReadAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var head = new byte[FrameHeader.Size];
            if (await Stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, bound.Token) < head.Length) return null;
            var header = FrameHeader.Read(head);
            if (header.IsKeepAlive)
            {
                KeepAlives++;
                continue;
            }

            var message = new byte[header.MessageLength];
            await Stream.ReadExactlyAsync(message, bound.Token);
            if (MembershipCodec.TryDecode((MembershipMessageType)message[0], message.AsSpan(1), out var decoded)) return decoded;
        }
    }

    /// <summary>Reads to the end of the connection.</summary>
    public async Task<List<MembershipMessage>> ReadToEndAsync()
    {
        var all = new List<MembershipMessage>();
        while (await ReadAsync() is { } message) all.Add(message);
        return all;
    }

    public int KeepAlives { get; private set; }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
