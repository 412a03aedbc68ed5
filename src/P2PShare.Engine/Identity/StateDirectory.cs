using System.Globalization;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>
/// A peer's own folder for its key, certificate and state, locked while the peer runs: one running peer a name, in this
/// process and in all others.
/// </summary>
public sealed class StateDirectory : IDisposable
{
    private const string LockFileName = "lock";
    private const string PidFileName = "pid";
    private const int MaxPeersOfOneHost = 999;

    private readonly FileStream _lock;

    private StateDirectory(string path, string peerName, FileStream lockFile)
    {
        Path = path;
        PeerName = peerName;
        _lock = lockFile;
    }

    /// <summary>The folder: STATE ROOT/SWARM-xxxxxxxx/PEER NAME.</summary>
    public string Path { get; }

    /// <summary>The name that was asked for, or the host's (with -2, -3… when that one already runs here).</summary>
    public string PeerName { get; }

    /// <summary>Makes the folder, for its owner alone, where it is missing, and locks it.</summary>
    /// <param name="stateRoot">The folder that holds the state of all peers of this user; null for the platform's usual place.</param>
    /// <param name="peerName">The peer's name; null for the host's.</param>
    /// <exception cref="P2PShareException">InvalidName, PeerAlreadyRunning (the name was given and is taken), StateDirectoryUnusable.</exception>
    public static StateDirectory Acquire(string? stateRoot, string swarmName, SwarmId swarmId, string? peerName) =>
        Acquire(stateRoot, swarmName, swarmId, peerName, Environment.MachineName);

    internal static StateDirectory Acquire(string? stateRoot, string swarmName, SwarmId swarmId, string? peerName, string hostName)
    {
        NameRules.CheckSwarmName(swarmName);
        var swarmFolder = System.IO.Path.Combine(RootOf(stateRoot), $"{swarmName}-{swarmId.ToString()[..8]}");
        if (peerName is not null)
        {
            NameRules.CheckPeerName(peerName);
            return TryAcquire(swarmFolder, peerName) ?? throw AlreadyRunning(swarmFolder, swarmName, peerName);
        }

        var host = NameRules.ToPeerName(hostName);
        for (var number = 1; number <= MaxPeersOfOneHost; number++)
        {
            var name = number == 1 ? host : string.Create(CultureInfo.InvariantCulture, $"{host}-{number}");
            if (TryAcquire(swarmFolder, name) is { } acquired) return acquired;
        }

        throw AlreadyRunning(swarmFolder, swarmName, host);
    }

    public void Dispose()
    {
        try
        {
            File.Delete(System.IO.Path.Combine(Path, PidFileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only helps people; the lock is what counts.
        }

        // The lock file stays: deleting it would let two peers lock two files of one name.
        _lock.Dispose();
    }

    private static string RootOf(string? stateRoot)
    {
        var root = string.IsNullOrEmpty(stateRoot) ? StandardFolders.StateRoot : stateRoot;
        // Without a home directory (some services) the standard place would be relative to wherever the process happens to be.
        if (string.IsNullOrEmpty(stateRoot) && !System.IO.Path.IsPathRooted(root)) throw Unusable(root, "this user has no home directory", null);
        return System.IO.Path.GetFullPath(root);
    }

    private static StateDirectory? TryAcquire(string swarmFolder, string name)
    {
        var path = System.IO.Path.Combine(swarmFolder, name);
        try
        {
            OwnerOnlyFile.CreateDirectory(path);
            MakePrivate(path);
            var lockFile = TryLock(System.IO.Path.Combine(path, LockFileName));
            if (lockFile is null) return null;
            try
            {
                OwnerOnlyFile.Write(System.IO.Path.Combine(path, PidFileName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
                return new StateDirectory(path, name, lockFile);
            }
            catch
            {
                lockFile.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Unusable(path, e.Message, e);
        }
    }

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (UnixNative.OwnerOf(path) is { } owner && owner != UnixNative.EffectiveUser)
            throw Unusable(path, $"it belongs to another user (uid {owner}), who could replace this peer's key", null);
        if ((File.GetUnixFileMode(path) & ~Owner) != 0) File.SetUnixFileMode(path, Owner);
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new FileStream(path, options);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            return null;
        }
    }

    // Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION. Unix: EWOULDBLOCK of flock (11 on Linux, 35 on BSD and macOS).
    private static bool IsSharingViolation(IOException e) =>
        OperatingSystem.IsWindows() ? e.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) : e.HResult is 11 or 35;

    private static P2PShareException AlreadyRunning(string swarmFolder, string swarmName, string name)
    {
        var process = ReadPid(System.IO.Path.Combine(swarmFolder, name, PidFileName));
        return new P2PShareException(
            ErrorKind.ResourceExists,
            ErrorIds.PeerAlreadyRunning,
            $"A peer '{name}' of the swarm '{swarmName}' already runs here ({process}).",
            name,
            "Stop it, or give this one another name.");
    }

    private static string ReadPid(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault() is { Length: > 0 and < 12 } pid && pid.All(char.IsAsciiDigit) ? "process " + pid : "in a process that is just starting";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "in a process that is just starting";
        }
    }

    private static P2PShareException Unusable(string path, string why, Exception? inner) => new(
        ErrorKind.ResourceUnavailable, ErrorIds.StateDirectoryUnusable, $"'{path}' cannot hold this peer's state: {why}", path, "Give another state directory, one in which this user may write.", inner);
}
