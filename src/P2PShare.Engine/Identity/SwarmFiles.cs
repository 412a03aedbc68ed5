namespace P2PShare.Engine.Identity;

/// <summary>Makes and reads the PEM files of swarms.</summary>
public static class SwarmFiles
{
    /// <summary>
    /// Makes a swarm: writes NAME.admin.pem and NAME.swarm.pem, readable by their owner alone, into a folder that is created when missing.
    /// </summary>
    /// <exception cref="Errors.P2PShareException">InvalidName, SwarmFileExists (unless <paramref name="overwrite"/>), DestinationUnusable.</exception>
    public static SwarmInfo Create(string name, string folder, bool overwrite, TimeProvider timeProvider) => throw new NotSupportedException(name + folder + overwrite + timeProvider);

    /// <summary>Reads what a swarm, admin or peer file says.</summary>
    /// <exception cref="Errors.P2PShareException">SwarmNotFound, SwarmFileInvalid, CertificateExpired.</exception>
    public static SwarmInfo Read(string path) => throw new NotSupportedException(path);

    /// <summary>Signs a leaf for one machine with the admin file, and writes it with its key to <paramref name="outputPath"/>, readable by its owner alone.</summary>
    /// <param name="validity">How long it lives; at most until the root ends; null for one year.</param>
    /// <exception cref="Errors.P2PShareException">InvalidName, AdminFileRequired, SwarmFileExists, CertificateInvalid.</exception>
    public static SwarmInfo CreatePeerCertificate(string adminPath, string peerName, SwarmRole role, TimeSpan? validity, string outputPath, bool overwrite, TimeProvider timeProvider) =>
        throw new NotSupportedException(adminPath + peerName + role + validity + outputPath + overwrite + timeProvider);

    /// <summary>Where the user's own default swarm file is, whether or not it exists.</summary>
    public static string DefaultSwarmPath => throw new NotSupportedException();
}
