namespace P2PShare.Protocol.Wire;

/// <summary>The payload of hashes (BEP 52): the request it answers, then the base layer's hashes, then one uncle for each layer on the way up.</summary>
public readonly ref struct HashesMessage
{
    /// <param name="request">The request answered.</param>
    /// <param name="hashes">32 bytes each, base layer first, the uncle nearest to the root last.</param>
    /// <exception cref="ArgumentException">The request is not valid, or the hashes are not as many as it asks for.</exception>
    public HashesMessage(HashRequest request, ReadOnlySpan<byte> hashes)
    {
        if (!request.IsValid) throw new ArgumentException("The request breaks BEP 52.", nameof(request));
        if (hashes.Length != Hash256.Size * request.HashCount)
            throw new ArgumentException($"{request.HashCount} hashes are asked for.", nameof(hashes));
        Request = request;
        Hashes = hashes;
    }

    public HashRequest Request { get; }

    /// <summary>All hashes, 32 bytes each.</summary>
    public ReadOnlySpan<byte> Hashes { get; }

    /// <summary>The hashes of the base layer.</summary>
    public ReadOnlySpan<byte> Base => Hashes[..(Hash256.Size * Request.Length)];

    /// <summary>The uncle hashes, the one nearest to the base layer first.</summary>
    public ReadOnlySpan<byte> Proof => Hashes[(Hash256.Size * Request.Length)..];

    /// <summary>Reads a payload; the hashes are a view of it.</summary>
    /// <exception cref="WireException">The head breaks BEP 52, or the hashes are not exactly as many as it says.</exception>
    public static HashesMessage Read(ReadOnlySpan<byte> payload)
    {
        MessageLengths.Require(payload.Length >= HashRequest.Size, "hashes", payload.Length);
        var request = HashRequest.Read(payload[..HashRequest.Size]);
        if (!request.IsValid) throw new WireException(WireErrorKind.InvalidHashRange, $"Hashes for an impossible range: {request}.");
        MessageLengths.Require(payload.Length == request.ResponseSize, "hashes", payload.Length);
        return new HashesMessage(request, payload[HashRequest.Size..]);
    }

    /// <summary>Writes the payload and returns its length, which is <see cref="HashRequest.ResponseSize"/>.</summary>
    public int Write(Span<byte> destination)
    {
        Hashes.CopyTo(destination[HashRequest.Size..]);
        return Request.Write(destination) + Hashes.Length;
    }
}
