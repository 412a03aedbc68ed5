using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Identity;

/// <summary>
/// An ordinary member's key and leaf: the key is made once and stays in the state directory, so that a restart is the
/// same peer; the leaf is signed with the swarm file's join issuer, and again when that is due.
/// </summary>
internal static class MemberLeaf
{
    public const string KeyFileName = "peer.key.pem";
    public const string CertificateFileName = "peer.cert.pem";

    /// <exception cref="P2PShareException">StateDirectoryUnusable, SwarmFileNotPrivate (the key file).</exception>
    public static ECDsa LoadOrCreateKey(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, KeyFileName);
        return Guard(path, () =>
        {
            if (File.Exists(path)) return LoadKey(path);
            var key = CertificateIssuer.CreateKey();
            OwnerOnlyFile.Write(path, PemBlocks.Write("P2PShare: this peer's key. It never leaves this machine; a copy of it elsewhere would be taken for a clone.", [SwarmFileWriter.Block(key)]));
            return key;
        });
    }

    /// <summary>The leaf on disk when it can still be used, else a new one, which is saved.</summary>
    /// <param name="trust">Judges the one on disk; null leaves its signature to the caller.</param>
    public static X509Certificate2 LoadOrSign(string stateDirectory, SwarmFileContent swarm, ECDsa key, SwarmTrust? trust, DateTimeOffset now)
    {
        var path = Path.Combine(stateDirectory, CertificateFileName);
        return Guard(path, () =>
        {
            var stored = TryLoad(path, swarm, key, trust);
            if (stored is not null && !IsRenewalDue(stored, swarm, now)) return stored;
            stored?.Dispose();
            return Sign(path, swarm, key, now);
        });
    }

    /// <summary>Signs a new leaf for the same key and saves it.</summary>
    public static X509Certificate2 Renew(string stateDirectory, SwarmFileContent swarm, ECDsa key, DateTimeOffset now)
    {
        var path = Path.Combine(stateDirectory, CertificateFileName);
        return Guard(path, () => Sign(path, swarm, key, now));
    }

    /// <summary>At two thirds of its life, unless a new one would end no later (the issuer's end bounds both).</summary>
    public static bool IsRenewalDue(X509Certificate2 leaf, SwarmFileContent swarm, DateTimeOffset now)
    {
        var begin = new DateTimeOffset(leaf.NotBefore);
        var end = new DateTimeOffset(leaf.NotAfter);
        if (now < begin + ((end - begin) * 2 / 3)) return false;
        return CertificateIssuer.LeafEnd(swarm.Own, CertificateIssuer.LeafLifetime, now) > end.AddDays(1);
    }

    private static X509Certificate2 Sign(string path, SwarmFileContent swarm, ECDsa key, DateTimeOffset now)
    {
        var leaf = CertificateIssuer.CreateLeaf(key, swarm.SwarmId, swarm.Own, swarm.Key!, CertificateIssuer.LeafLifetime, now);
        OwnerOnlyFile.Write(path, PemBlocks.Write("P2PShare: this peer's certificate.", [SwarmFileWriter.Block(leaf)]));
        return leaf;
    }

    private static ECDsa LoadKey(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        FilePrivacy.Check(stream.SafeFileHandle, path);
        var bytes = new byte[4096];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var key = ECDsa.Create();
        try
        {
            var block = PemBlocks.Read(Encoding.UTF8.GetString(bytes, 0, length)).Single(found => found.Label == PemBlocks.PrivateKey);
            key.ImportPkcs8PrivateKey(block.Data, out _);
            if (key.ExportParameters(false).Curve.Oid.Value != "1.2.840.10045.3.1.7") throw new CryptographicException("The key is not ECDSA P-256.");
            return key;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or InvalidOperationException)
        {
            key.Dispose();
            throw new P2PShareException(
                ErrorKind.InvalidData,
                ErrorIds.StateDirectoryUnusable,
                $"'{path}' should hold this peer's key and cannot be read as one.",
                path,
                "Restore it from a backup, or delete it: this machine then is a new peer of the swarm.",
                e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    // Whatever is wrong with the stored leaf (damaged, another key, a former issuer, a clock that was ahead), a new one mends it.
    private static X509Certificate2? TryLoad(string path, SwarmFileContent swarm, ECDsa key, SwarmTrust? trust)
    {
        X509Certificate2? leaf = null;
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length > SwarmFileReader.MaxSize) return null;
            leaf = X509CertificateLoader.LoadCertificate(PemBlocks.Read(File.ReadAllText(path)).Single(block => block.Label == PemBlocks.Certificate).Data);
            var isOurs = leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())
                && leaf.IssuerName.RawData.AsSpan().SequenceEqual(swarm.Own.SubjectName.RawData)
                && (trust is null || trust.Check(leaf.RawData, out _) == CertificateProblem.None);
            if (isOurs) return leaf;
        }
        catch (Exception e) when (e is FormatException or CryptographicException or InvalidOperationException)
        {
            // Falls through to signing a new one.
        }

        leaf?.Dispose();
        return null;
    }

    private static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new P2PShareException(
                ErrorKind.WriteError, ErrorIds.StateDirectoryUnusable, $"'{path}' cannot be read or written: {e.Message}", path, "Give a state directory in which this user may write.", e);
        }
    }
}
