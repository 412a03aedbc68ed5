using System.Text.Json;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine;

/// <summary>
/// What a peer remembers from one run to the next, besides its key, its shares and its transfers: one small JSON file,
/// replaced atomically. Thread-safe.
/// </summary>
internal sealed class PeerMemory(string stateDirectory)
{
    private const int MaxFileSize = 1024 * 1024;

    private readonly string _path = Path.Combine(stateDirectory, "peer.json");

    private readonly Lock _lock = new();

    public PeerMemoryContent Content { get; private set; } = new();

    /// <summary>Reads the file; one that is missing or damaged is as good as none.</summary>
    public void Load()
    {
        try
        {
            if (!File.Exists(_path) || new FileInfo(_path).Length > MaxFileSize) return;
            Content = PeerMemoryContent.Parse(File.ReadAllBytes(_path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            Content = new PeerMemoryContent();
        }
    }

    /// <param name="change">Makes the new content of the one there is.</param>
    /// <exception cref="P2PShareException">StateDirectoryUnusable.</exception>
    public void Save(Func<PeerMemoryContent, PeerMemoryContent> change)
    {
        // A peer that is being stopped saves at the same moment as one that loses its coordinator.
        lock (_lock) Replace(change(Content));
    }

    private void Replace(PeerMemoryContent content)
    {
        if (content == Content) return;
        Content = content;
        try
        {
            var temporary = _path + ".new";
            File.WriteAllBytes(temporary, content.ToJson());
            File.Move(temporary, _path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new P2PShareException(
                ErrorKind.WriteError, ErrorIds.StateDirectoryUnusable, $"'{_path}' cannot be written: {error.Message}", _path,
                "Make room, or give the user who runs the peer the right to write there.", error);
        }
    }
}
