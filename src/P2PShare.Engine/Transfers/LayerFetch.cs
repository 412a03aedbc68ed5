using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Transfers;

/// <summary>
/// Fetches the piece layers of a share from its peers (BEP 52), up to 512 hashes at a time. Each answer proves itself
/// against its file's root, so one that does not is its sender's fault. Called with no lock held.
/// </summary>
internal sealed class LayerFetch : IHashReply
{
    private const int Window = 16;
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Transfer _transfer;
    private readonly TorrentInfo _info;
    private readonly Lock _gate = new();
    private readonly Queue<HashRequest> _open = new();
    private readonly Dictionary<Hash256, Layer> _layers = [];
    private readonly Dictionary<PeerSession, int> _sources = [];
    private readonly List<(PeerSession Session, long Since)> _refused = [];
    private readonly TaskCompletionSource<PieceLayers> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing;

    public LayerFetch(Transfer transfer, TorrentInfo info)
    {
        _transfer = transfer;
        _info = info;
        foreach (var file in info.Files)
        {
            // Files with the same content have one layer.
            if (!file.HasPieceLayer || !_layers.TryAdd(file.PiecesRoot, new Layer(file))) continue;
            var shape = file.Shape;
            for (var chunk = 0; chunk < HashRange.PieceLayerChunkCount(shape); chunk++)
            {
                var range = HashRange.PieceLayerChunk(shape, chunk);
                _open.Enqueue(new HashRequest(file.PiecesRoot, range.BaseLayer, range.Index, range.Length, range.ProofLayers));
                _missing++;
            }
        }
    }

    /// <summary>Ends with all layers, verified.</summary>
    public Task<PieceLayers> Result => _result.Task;

    /// <summary>A peer that has something of the share may be asked.</summary>
    public void Offer(PeerSession session)
    {
        lock (_gate)
        {
            if (!session.Capabilities.V2 || _refused.Exists(refused => refused.Session == session) || !_sources.TryAdd(session, 0)) return;
        }

        Ask(session);
    }

    public void Remove(PeerSession session)
    {
        lock (_gate)
        {
            _sources.Remove(session);
            _refused.RemoveAll(refused => refused.Session == session);
        }

        AskAll();
    }

    public void OnHashes(PeerSession session, in HashRequest request, ReadOnlySpan<byte> hashes)
    {
        var layer = _layers[request.PiecesRoot];
        var range = new HashRange(request.BaseLayer, request.Index, request.Length, request.ProofLayers);
        if (!range.Verify(layer.File.Shape, hashes, layer.File.PiecesRoot))
        {
            Return(session, request, refused: false);
            Remove(session);
            _transfer.Ban(session, "it sent false piece hashes");
            return;
        }

        bool complete;
        lock (_gate)
        {
            if (_sources.TryGetValue(session, out var asked)) _sources[session] = asked - 1;
            layer.Set(range.Index, hashes[..(range.Length * Hash256.Size)]);
            complete = --_missing == 0;
        }

        if (complete) Finish();
        else Ask(session);
    }

    public void OnHashesRefused(PeerSession session, in HashRequest request)
    {
        Return(session, request, refused: true);
        AskAll();
    }

    /// <summary>Gives peers that refused another chance; called about once a second.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            for (var i = _refused.Count - 1; i >= 0; i--)
            {
                if (_transfer.Time.GetElapsedTime(_refused[i].Since) < AskAgainAfter) continue;
                _sources.TryAdd(_refused[i].Session, 0);
                _refused.RemoveAt(i);
            }
        }

        AskAll();
    }

    private void Return(PeerSession session, in HashRequest request, bool refused)
    {
        lock (_gate)
        {
            _open.Enqueue(request);
            if (!_sources.Remove(session) || !refused) return;
            _refused.Add((session, _transfer.Time.GetTimestamp()));
        }
    }

    private void AskAll()
    {
        PeerSession[] sources;
        lock (_gate)
        {
            if (_open.Count == 0) return;
            sources = [.. _sources.Keys];
        }

        foreach (var source in sources) Ask(source);
    }

    private void Ask(PeerSession session)
    {
        while (true)
        {
            HashRequest request;
            lock (_gate)
            {
                if (!_sources.TryGetValue(session, out var asked) || asked >= Window || !_open.TryDequeue(out request)) return;
                _sources[session] = asked + 1;
            }

            if (session.RequestHashes(request, this)) continue;
            // Closed, or the same is on its way from it since an earlier try: another may have it.
            Return(session, request, refused: session.IsOpen);
            return;
        }
    }

    private void Finish()
    {
        try
        {
            _result.TrySetResult(PieceLayers.Create(_info, _layers.ToDictionary(layer => layer.Key, layer => (ReadOnlyMemory<byte>)layer.Value.Hashes)));
        }
        catch (MetainfoException error)
        {
            _result.TrySetException(error);
        }
    }

    private sealed class Layer(TorrentFile file)
    {
        public TorrentFile File { get; } = file;

        public byte[] Hashes { get; } = new byte[file.PieceCount * Hash256.Size];

        public void Set(int index, ReadOnlySpan<byte> hashes)
        {
            var room = Hashes.AsSpan(index * Hash256.Size);
            hashes[..Math.Min(hashes.Length, room.Length)].CopyTo(room);
        }
    }
}
