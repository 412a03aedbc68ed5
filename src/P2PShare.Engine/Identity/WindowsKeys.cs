using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace P2PShare.Engine.Identity;

/// <summary>
/// All there is of Windows' key store. Its TLS works only with keys that lie in a key container, so a certificate for TLS
/// is imported again from PKCS#12, and its container is deleted when it is released. Elsewhere keys stay in memory.
/// </summary>
internal static class WindowsKeys
{
    /// <summary>The certificate with its key, usable by SslStream.</summary>
    public static X509Certificate2 CreateForTls(X509Certificate2 certificate, ECDsa key)
    {
        var withKey = certificate.CopyWithPrivateKey(key);
        return OperatingSystem.IsWindows() ? Import(withKey) : withKey;
    }

    /// <summary>Ends a certificate made by <see cref="CreateForTls"/> and deletes its key container.</summary>
    public static void Release(X509Certificate2 certificate)
    {
        if (OperatingSystem.IsWindows()) DeleteContainer(certificate);
        certificate.Dispose();
    }

    [SupportedOSPlatform("windows")]
    private static X509Certificate2 Import(X509Certificate2 withKey)
    {
        using (withKey)
        {
            var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
            var pkcs12 = withKey.Export(X509ContentType.Pkcs12, password);
            try
            {
                // Without PersistKeySet the container is a temporary one, which goes with the certificate.
                return X509CertificateLoader.LoadPkcs12(pkcs12, password, X509KeyStorageFlags.DefaultKeySet);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(pkcs12);
            }
        }
    }

    [SupportedOSPlatform("windows")]
    private static void DeleteContainer(X509Certificate2 certificate)
    {
        try
        {
            // Said outright, because a handle that TLS still holds would keep Dispose from deleting it.
            using var key = certificate.GetECDsaPrivateKey();
            if (key is ECDsaCng { Key.IsEphemeral: false } stored) stored.Key.Delete();
        }
        catch (CryptographicException)
        {
            // Already gone.
        }
    }
}
