using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Tests.Identity;

/// <summary>A throw-away swarm in a folder of its own, which goes with it.</summary>
internal sealed class TestSwarm : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private int _peers;

    public TestSwarm(string name = "lab", TimeProvider? timeProvider = null)
    {
        Clock = timeProvider ?? TimeProvider.System;
        Folder = TempFolder.Create();
        Info = SwarmFiles.Create(name, Folder, overwrite: false, Clock);
    }

    public TimeProvider Clock { get; }

    public string Folder { get; }

    public SwarmInfo Info { get; }

    public string SwarmPath => Info.SwarmPath;

    public string AdminPath => Info.AdminPath!;

    /// <summary>A new member, or whoever's file is given, with a state folder of its own.</summary>
    public PeerIdentity OpenPeer(string? path = null, TimeProvider? clock = null) => OpenPeerIn(Directory.CreateDirectory(Path.Combine(Folder, "state" + ++_peers)).FullName, path, clock);

    public PeerIdentity OpenPeerIn(string stateDirectory, string? path = null, TimeProvider? clock = null)
    {
        var identity = PeerIdentity.Open(SwarmCredentials.Load(path ?? SwarmPath, force: false, clock ?? Clock), stateDirectory, clock ?? Clock);
        _owned.Add(identity);
        return identity;
    }

    /// <summary>The swarm file or admin file with its keys, for tests that forge certificates.</summary>
    public SwarmFileContent Content(string path)
    {
        var content = SwarmFileReader.Read(path, requirePrivate: false);
        _owned.Add(content);
        return content;
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
