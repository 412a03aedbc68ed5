using System.Net;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Membership;

/// <summary>What this peer says of itself, signed anew whenever it changes. Used by the membership's loop alone, but for <see cref="Current"/> and <see cref="FreeSpace"/>.</summary>
internal sealed class OwnRecord(PeerDetails details, Func<ReadOnlyMemory<byte>> leaf, IRecordSigner signer, TimeProvider time)
{
    private const int MaxObserved = 4;

    private readonly List<IPEndPoint> _observed = [];
    private long _freeSpace = details.FreeSpace;
    private volatile PeerRecord? _current;

    /// <exception cref="InvalidOperationException">It has not been signed yet.</exception>
    public PeerRecord Current => _current ?? throw new InvalidOperationException("The own record has not been signed yet.");

    public PeerDetails Details { get; set; } = details;

    /// <summary>Free bytes that the next signed record tells of; -1 when they are not known.</summary>
    public long FreeSpace
    {
        get => Interlocked.Read(ref _freeSpace);
        set => Interlocked.Exchange(ref _freeSpace, value);
    }

    /// <summary>Notes the address under which another peer saw this one, with the port this peer listens on.</summary>
    /// <returns>Whether it was not known.</returns>
    public bool AddObserved(IPEndPoint address)
    {
        if (_observed.Count >= MaxObserved || _observed.Contains(address) || Details.Addresses.Contains(address)) return false;
        _observed.Add(address);
        return true;
    }

    /// <summary>Signs the record with a version past <paramref name="stored"/>.</summary>
    public void Renew(long stored)
    {
        var version = MembershipLimits.NextVersion(Math.Max(stored, _current?.Version ?? 0), time.GetUtcNow().ToUnixTimeMilliseconds());
        var addresses = Details.Addresses.Concat(_observed).Take(MembershipLimits.MaxAddresses).ToList();
        _current = PeerRecord.Sign(Details with { Addresses = addresses, FreeSpace = FreeSpace }, leaf().Span, version, signer);
    }
}
