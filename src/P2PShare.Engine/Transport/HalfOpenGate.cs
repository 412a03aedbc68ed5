using System.Net;

namespace P2PShare.Engine.Transport;

/// <summary>Counts the connections that have not yet shown who they are, so that strangers cannot hold many. Thread-safe.</summary>
internal sealed class HalfOpenGate(int most, int mostPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _counts = [];
    private int _total;

    public bool TryEnter(IPAddress address)
    {
        lock (_lock)
        {
            var count = _counts.GetValueOrDefault(address);
            if (_total >= most || count >= mostPerAddress) return false;
            _counts[address] = count + 1;
            _total++;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_lock)
        {
            if (--_counts[address] == 0) _counts.Remove(address);
            _total--;
        }
    }
}
