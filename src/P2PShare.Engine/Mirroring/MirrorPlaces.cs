using System.Text.Json;
using System.Text.Json.Serialization;
using P2PShare.Engine.Storage;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Mirroring;

/// <summary>
/// Whose share of a name stands at that name in the folder of copies: the first publisher's, for good. A second publisher's
/// share of the same name stands in a folder of that publisher's own. Written down, so that no copy ever takes the place of another's.
/// </summary>
internal sealed class MirrorPlaces
{
    private const int MaxFileSize = 64 * 1024 * 1024;
    private const int PublisherDigits = 16;

    private readonly string _path;
    private readonly string _folder;
    private readonly Dictionary<string, string> _owners = [];
    private readonly Dictionary<string, long> _versions = [];
    private bool _isChanged;

    /// <param name="stateDirectory">Where it is written down.</param>
    /// <param name="folder">The folder of copies.</param>
    public MirrorPlaces(string stateDirectory, string folder)
    {
        _path = Path.Combine(stateDirectory, "mirror.json");
        _folder = folder;
        try
        {
            if (!File.Exists(_path) || new FileInfo(_path).Length > MaxFileSize) return;
            var content = JsonSerializer.Deserialize(File.ReadAllBytes(_path), MirrorPlacesJson.Default.MirrorPlacesContent);
            if (content?.Folder != folder) return;
            (_owners, _versions) = (content.Owners, content.Versions);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            // Without it files that are in the way are not replaced, and that is said.
        }
    }

    /// <summary>The folder to receive a share into; the first time it is asked for a name, the name is the publisher's.</summary>
    public string FolderOf(PeerId publisher, string name)
    {
        var key = SafeName.ComparisonKey(SafeName.Sanitize(name));
        var id = publisher.ToString();
        if (!_owners.TryGetValue(key, out var owner))
        {
            _owners.Add(key, owner = id);
            _isChanged = true;
        }

        return owner == id ? _folder : Path.Combine(_folder, id[..PublisherDigits]);
    }

    /// <summary>Whether a version is as new as the one that was received last: a copy of one that was withdrawn does not give way to an older one.</summary>
    public bool MayFollow(PeerId publisher, string name, long version) => version >= _versions.GetValueOrDefault(Key(publisher, name));

    /// <summary>Notes which version is received.</summary>
    public void Follow(PeerId publisher, string name, long version)
    {
        if (_versions.GetValueOrDefault(Key(publisher, name)) == version) return;
        _versions[Key(publisher, name)] = version;
        _isChanged = true;
    }

    /// <summary>Writes down what has changed.</summary>
    /// <exception cref="IOException">The state directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The state directory cannot be written.</exception>
    public void Save()
    {
        if (!_isChanged) return;
        var content = new MirrorPlacesContent { Folder = _folder, Owners = _owners, Versions = _versions };
        File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(content, MirrorPlacesJson.Default.MirrorPlacesContent));
        File.Move(_path + ".new", _path, overwrite: true);
        _isChanged = false;
    }

    private static string Key(PeerId publisher, string name) => $"{publisher}/{name}";
}

/// <summary>The content of mirror.json.</summary>
internal sealed record MirrorPlacesContent
{
    public required string Folder { get; init; }

    /// <summary>Peer ids by name, as names are compared.</summary>
    public required Dictionary<string, string> Owners { get; init; }

    /// <summary>The version received last, by peer id and name.</summary>
    public required Dictionary<string, long> Versions { get; init; }
}

[JsonSerializable(typeof(MirrorPlacesContent))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class MirrorPlacesJson : JsonSerializerContext;
