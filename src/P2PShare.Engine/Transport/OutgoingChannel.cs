using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transport;

/// <summary>What one channel has to send: control frames as bytes, blocks as requests. Guarded by the lock of its <see cref="SendScheduler"/>.</summary>
internal sealed class OutgoingChannel(uint number)
{
    /// <summary>The most answers queued for one peer: the reqq we announce (BEP 10).</summary>
    public const int MaxQueuedBlocks = 2000;

    private readonly LinkedList<BlockRequest> _blocks = new();
    private readonly Stack<LinkedListNode<BlockRequest>> _spare = new();

    public uint Number { get; } = number;

    public ByteQueue Control { get; } = new();

    public IChannelHandler? Handler { get; set; }

    /// <summary>Bytes of blocks it may still send in this round (deficit round-robin).</summary>
    public int Credit { get; set; }

    public bool Closed { get; set; }

    public bool HasBlocks => _blocks.Count > 0;

    public bool TryQueueBlock(in BlockRequest request)
    {
        if (_blocks.Count >= MaxQueuedBlocks) return false;
        if (_spare.TryPop(out var node))
        {
            node.Value = request;
            _blocks.AddLast(node);
        }
        else
        {
            _blocks.AddLast(request);
        }

        return true;
    }

    public bool TryTakeBlock(out BlockRequest request)
    {
        if (_blocks.First is not { } node)
        {
            request = default;
            return false;
        }

        request = node.Value;
        _blocks.RemoveFirst();
        _spare.Push(node);
        return true;
    }

    /// <summary>The next block's length in bytes; 0 when there is none.</summary>
    public int NextBlockLength => _blocks.First is { } node ? node.Value.Length : 0;

    public bool RemoveBlock(in BlockRequest request)
    {
        if (_blocks.Find(request) is not { } node) return false;
        _blocks.Remove(node);
        _spare.Push(node);
        return true;
    }

    public void RemoveAllBlocks(ICollection<BlockRequest>? removed)
    {
        while (TryTakeBlock(out var request)) removed?.Add(request);
    }
}
