using P2PShare.Protocol.Bencoding;

namespace P2PShare.Protocol.Membership.Records;

/// <summary>
/// A record on its way: kind, body and signature, none of them believed yet. It is passed on exactly as it came, so a
/// signature stays good whoever relays it.
/// </summary>
public sealed class SignedEntry
{
    // d4:body n: … 4:kindi…e3:sig64: … e, without the body and the digits of the two numbers.
    private const int FixedSize = 1 + 6 + 1 + 6 + 2 + 5 + 3 + RecordSignature.Size + 1;

    // Body and signature one behind the other: catalogues have very many of them.
    private readonly byte[] _bytes;
    private readonly int _bodyLength;

    internal SignedEntry(RecordKind kind, ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature)
    {
        Kind = kind;
        _bytes = [.. body, .. signature];
        _bodyLength = body.Length;
    }

    /// <summary>May be none that this version knows.</summary>
    public RecordKind Kind { get; }

    /// <summary>The bencoded dictionary as it was sent.</summary>
    public ReadOnlyMemory<byte> Body => _bytes.AsMemory(0, _bodyLength);

    /// <summary>64 bytes.</summary>
    public ReadOnlyMemory<byte> Signature => _bytes.AsMemory(_bodyLength);

    /// <summary>How many bytes <see cref="Encode"/> takes.</summary>
    public int EncodedSize => FixedSize + Digits(_bodyLength) + _bodyLength + Digits((int)Kind);

    internal ReadOnlySpan<byte> BodySpan => _bytes.AsSpan(0, _bodyLength);

    internal ReadOnlySpan<byte> SignatureSpan => _bytes.AsSpan(_bodyLength);

    /// <exception cref="MembershipException">Not an entry, or a body beyond <see cref="MembershipLimits.MaxBody"/>.</exception>
    public static SignedEntry Parse(ReadOnlySpan<byte> encoded)
    {
        var fields = MembershipFields.Parse(encoded);
        return new SignedEntry(
            (RecordKind)fields.Integer("kind"u8, 1, byte.MaxValue),
            fields.Bytes("body"u8, 2, MembershipLimits.MaxBody),
            fields.Bytes("sig"u8, RecordSignature.Size, RecordSignature.Size));
    }

    /// <summary>The entry as it stands in messages and in files.</summary>
    public byte[] Encode()
    {
        var writer = new BencodeWriter(EncodedSize);
        Write(writer);
        return writer.ToArray();
    }

    public void Write(BencodeWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteDictionaryStart();
        writer.Field("body"u8, BodySpan);
        writer.Field("kind"u8, (int)Kind);
        writer.Field("sig"u8, SignatureSpan);
        writer.WriteEnd();
    }

    /// <summary>Parses the record inside.</summary>
    /// <returns>Null for a delta, which is no record by itself (<see cref="HoldingsDelta.Parse"/>), and for kinds this version does not know.</returns>
    /// <exception cref="MembershipException">The body is not what its kind says.</exception>
    public SignedRecord? ToRecord() => Kind switch
    {
        RecordKind.Peer => PeerRecord.Parse(this),
        RecordKind.Share => ShareRecord.Parse(this),
        RecordKind.Holdings => HoldingsPart.Parse(this),
        _ => null,
    };

    internal void Require(RecordKind kind)
    {
        if (Kind != kind) throw new MembershipException(MembershipErrorKind.UnexpectedType, $"An entry of kind {Kind} where {kind} is due.");
    }

    private static int Digits(int number)
    {
        var digits = 1;
        for (; number >= 10; number /= 10) digits++;
        return digits;
    }
}
