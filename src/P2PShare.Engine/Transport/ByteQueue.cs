namespace P2PShare.Engine.Transport;

/// <summary>Whole frames waiting to be sent, back to back in one growing buffer. Not thread-safe.</summary>
internal sealed class ByteQueue
{
    private const int InitialSize = 512;
    private const int KeptSize = 64 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public int Length => _end - _start;

    /// <summary>Room for <paramref name="count"/> bytes at the end, to be filled by the caller at once.</summary>
    public Span<byte> Append(int count)
    {
        if (_buffer.Length - _end < count) MakeRoom(count);
        var room = _buffer.AsSpan(_end, count);
        _end += count;
        return room;
    }

    /// <summary>Moves as many bytes as fit into <paramref name="destination"/>; frames may be cut, since the stream goes on with the next write.</summary>
    public int TakeInto(Span<byte> destination)
    {
        var count = Math.Min(Length, destination.Length);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
            // A burst (a snapshot of a large catalogue) must not be paid for as long as the link lives.
            if (_buffer.Length > KeptSize) _buffer = [];
        }

        return count;
    }

    private void MakeRoom(int count)
    {
        var needed = Length + count;
        if (needed <= _buffer.Length)
        {
            _buffer.AsSpan(_start, Length).CopyTo(_buffer);
        }
        else
        {
            var larger = new byte[Math.Max(InitialSize, Math.Max(needed, 2 * _buffer.Length))];
            _buffer.AsSpan(_start, Length).CopyTo(larger);
            _buffer = larger;
        }

        _end -= _start;
        _start = 0;
    }
}
