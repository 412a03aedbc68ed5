using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>Makes keys and certificates and puts them together to the files of a swarm.</summary>
internal static class SwarmFileWriter
{
    /// <exception cref="IOException"/>
    /// <exception cref="UnauthorizedAccessException"/>
    public static SwarmInfo CreateSwarm(string name, string swarmPath, string adminPath, bool overwrite, DateTimeOffset now)
    {
        var id = new SwarmId(RandomNumberGenerator.GetBytes(SwarmId.Size));
        using var rootKey = CertificateIssuer.CreateKey();
        using var joinKey = CertificateIssuer.CreateKey();
        using var root = CertificateIssuer.CreateRoot(rootKey, id, name, now);
        using var join = CertificateIssuer.CreateJoinIssuer(joinKey, id, root, rootKey, now);

        var admin = PemBlocks.Write(
            $"P2PShare: the administrator's file of the swarm '{name}'. Whoever has it rules the swarm. It stays with you; no peer needs it.",
            [Block(root), Block(rootKey), Block(join)]);
        var swarm = PemBlocks.Write(
            $"P2PShare: the swarm file of '{name}'. Whoever has it can join. Give it to your machines and to nobody else.",
            [Block(root), Block(join), Block(joinKey)]);
        OwnerOnlyFile.WriteAll([(adminPath, admin), (swarmPath, swarm)], overwrite);

        return new SwarmInfo
        {
            Name = name,
            SwarmId = id.ToString(),
            SwarmPath = swarmPath,
            AdminPath = adminPath,
            Authority = SwarmAuthority.Join,
            NotAfter = join.NotAfter.ToUniversalTime(),
            RootNotAfter = root.NotAfter.ToUniversalTime(),
        };
    }

    public static SwarmInfo Describe(SwarmFileContent content, string path) => new()
    {
        Name = content.SwarmName,
        SwarmId = content.SwarmId.ToString(),
        SwarmPath = path,
        Authority = content.Authority,
        NotAfter = content.Own.NotAfter.ToUniversalTime(),
        RootNotAfter = content.Root.NotAfter.ToUniversalTime(),
    };

    internal static (string Label, byte[] Data) Block(X509Certificate2 certificate) => (PemBlocks.Certificate, certificate.RawData);

    internal static (string Label, byte[] Data) Block(ECDsa key) => (PemBlocks.PrivateKey, key.ExportPkcs8PrivateKey());
}
