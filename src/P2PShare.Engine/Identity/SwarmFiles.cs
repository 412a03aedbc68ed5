using System.Security.Cryptography;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>Makes and reads the PEM files of swarms.</summary>
public static class SwarmFiles
{
    /// <summary>
    /// Makes a swarm: writes NAME.admin.pem and NAME.swarm.pem, readable by their owner alone, into a folder that is created when missing.
    /// </summary>
    /// <exception cref="P2PShareException">InvalidName, SwarmFileExists (unless <paramref name="overwrite"/>), DestinationUnusable.</exception>
    public static SwarmInfo Create(string name, string folder, bool overwrite, TimeProvider timeProvider)
    {
        NameRules.CheckSwarmName(name);
        var fullFolder = Path.GetFullPath(folder);
        return Create(name, Path.Combine(fullFolder, name + ".swarm.pem"), Path.Combine(fullFolder, name + ".admin.pem"), overwrite, timeProvider);
    }

    /// <summary>Reads what a swarm, admin or peer file says.</summary>
    /// <exception cref="P2PShareException">SwarmNotFound, SwarmFileInvalid, CertificateExpired, CertificateInvalid (not valid yet), FileUnreadable.</exception>
    public static SwarmInfo Read(string path) => Read(path, TimeProvider.System);

    /// <summary>Reads what the text of such a file says; its path is "-".</summary>
    /// <exception cref="P2PShareException">SwarmFileInvalid, CertificateExpired, CertificateInvalid (not valid yet).</exception>
    public static SwarmInfo ReadText(string text) => ReadText(text, TimeProvider.System);

    /// <summary>
    /// Signs a leaf for one machine with the admin file, and writes it with its key to <paramref name="outputPath"/>, readable by its owner alone.
    /// Overwriting the same machine's file keeps its key, so that it stays the same peer and the publisher of its shares;
    /// delete the file first to give it a new one.
    /// </summary>
    /// <param name="validity">How long it lives; at most until the root ends; null for one year.</param>
    /// <param name="force">Uses the admin file even when others may read it.</param>
    /// <exception cref="P2PShareException">
    /// InvalidName, AdminFileRequired, SwarmFileExists, CertificateInvalid, CertificateExpired (the root), DestinationUnusable, and those of reading a swarm file.
    /// </exception>
    public static SwarmInfo CreatePeerCertificate(string adminPath, string peerName, SwarmRole role, TimeSpan? validity, string outputPath, bool overwrite, TimeProvider timeProvider, bool force = false)
    {
        NameRules.CheckPeerName(peerName);
        if (validity <= TimeSpan.Zero) throw new P2PShareException(ErrorKind.InvalidArgument, ErrorIds.CertificateInvalid, "A certificate must be valid for some time.", validity);
        var now = timeProvider.GetUtcNow();
        var path = Path.GetFullPath(outputPath);
        using var admin = ReadAdmin(adminPath, requirePrivate: !force);
        admin.CheckTime(now);
        if (Directory.Exists(path) || (!overwrite && File.Exists(path))) throw OwnerOnlyFile.Exists(path);

        using var key = FindKeyOf(peerName, admin.SwarmId, path) ?? CertificateIssuer.CreateKey();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return SwarmFileWriter.CreatePeer(admin, key, peerName, role, validity ?? CertificateIssuer.LeafLifetime, path, overwrite, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Where the user's own default swarm file is, whether or not it exists.</summary>
    public static string DefaultSwarmPath => StandardFolders.DefaultSwarmPath;

    internal static SwarmInfo ReadText(string text, TimeProvider timeProvider)
    {
        using var content = SwarmFileReader.Parse(text, SwarmFileContent.GivenText);
        content.CheckTime(timeProvider.GetUtcNow());
        return SwarmFileWriter.Describe(content, "-");
    }

    internal static SwarmInfo Read(string path, TimeProvider timeProvider)
    {
        using var content = SwarmFileReader.Read(path, requirePrivate: false);
        content.CheckTime(timeProvider.GetUtcNow());
        return SwarmFileWriter.Describe(content, Path.GetFullPath(path));
    }

    private static SwarmInfo Create(string name, string swarmPath, string adminPath, bool overwrite, TimeProvider timeProvider)
    {
        foreach (var path in new[] { adminPath, swarmPath })
        {
            if (!overwrite && Path.Exists(path)) throw OwnerOnlyFile.Exists(path);
        }

        try
        {
            // Others may well look into this folder; only the files in it are secret.
            Directory.CreateDirectory(Path.GetDirectoryName(swarmPath)!);
            return SwarmFileWriter.CreateSwarm(name, swarmPath, adminPath, overwrite, timeProvider.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(swarmPath, e);
        }
    }

    private static SwarmFileContent ReadAdmin(string path, bool requirePrivate)
    {
        var content = SwarmFileReader.Read(path, requirePrivate);
        if (content.Authority == SwarmAuthority.Admin) return content;
        using (content)
        {
            throw new P2PShareException(
                ErrorKind.InvalidArgument,
                ErrorIds.AdminFileRequired,
                $"'{path}' is not the administrator's file of the swarm '{content.SwarmName}': only that one can sign a named machine's certificate.",
                path,
                $"Give {content.SwarmName}.admin.pem, which stayed where the swarm was made.");
        }
    }

    private static ECDsa? FindKeyOf(string peerName, SwarmId swarm, string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var old = SwarmFileReader.Read(path, requirePrivate: false);
            if (old.Authority != SwarmAuthority.Peer || old.SwarmId != swarm || old.NameGrant?.Name != peerName) return null;
            return ECDsa.Create(old.Key!.ExportParameters(includePrivateParameters: true));
        }
        catch (P2PShareException)
        {
            // Whatever is there is to be overwritten.
            return null;
        }
    }

    private static P2PShareException Unusable(string path, Exception e) => new(
        ErrorKind.WriteError, ErrorIds.DestinationUnusable, $"'{path}' cannot be written: {e.Message}", path, "Choose a folder in which you may write.", e);
}
