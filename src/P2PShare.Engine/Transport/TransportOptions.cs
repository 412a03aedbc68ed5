using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>The transport's limits and timings.</summary>
internal sealed record TransportOptions
{
    /// <summary>The address to bind; null for all.</summary>
    public IPAddress? ListenAddress { get; init; }

    /// <summary>From the first byte of a connection to a link: TCP's own time is not counted.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one address is waited for before the next is tried beside it (RFC 8305: 250 ms).</summary>
    public TimeSpan DialStagger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A peer that has not answered for so long is also asked, by way of others, to dial this one.</summary>
    public TimeSpan CallBackAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most handshakes under way at once as the dialling side, and as many as the accepting side.</summary>
    public int MaxHandshakes { get; init; } = 50;

    /// <summary>A link that sent nothing for so long sends a keep-alive.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After so many intervals without a single byte a link is given up.</summary>
    public int MissedHeartbeats { get; init; } = 3;

    /// <summary>A write that the other end does not take for so long ends the connection.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A link without channels that the membership does not need is closed after so long.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A foreign connection that sent nothing for so long is closed (BEP 3: two minutes).</summary>
    public TimeSpan ForeignTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The most connections that have not shown who they are, in all.</summary>
    public int MaxHalfOpen { get; init; } = 1024;

    /// <summary>The most connections that have not shown who they are, from one address.</summary>
    public int MaxHalfOpenPerAddress { get; init; } = 256;

    /// <summary>The most connections of foreign clients from one address.</summary>
    public int MaxForeignPerAddress { get; init; } = 16;

    /// <summary>The most channels on one link.</summary>
    public int MaxChannels { get; init; } = 4096;
}
