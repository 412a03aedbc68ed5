using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

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
        PeerName = content.NameGrant?.Name,
        Role = RoleOf(content.NameGrant),
    };

    public static SwarmRole? RoleOf(NameGrant? grant) =>
        grant is null ? null : (grant.Roles & PeerRoles.MayCoordinate) != 0 ? SwarmRole.Member : SwarmRole.Client;

    /// <exception cref="IOException"/>
    /// <exception cref="UnauthorizedAccessException"/>
    public static SwarmInfo CreatePeer(SwarmFileContent admin, ECDsa key, string peerName, SwarmRole role, TimeSpan lifetime, string path, bool overwrite, DateTimeOffset now)
    {
        using var leaf = CertificateIssuer.CreateLeaf(key, admin.SwarmId, admin.Root, admin.Key!, lifetime, now);
        if (!SwarmTrust.TryGetPeerId(leaf, out var peer)) throw new InvalidOperationException("A new leaf has no P-256 key.");
        var roles = role == SwarmRole.Client ? PeerRoles.None : PeerRoles.MayCoordinate;
        var grant = NameGrant.Sign(peer, peerName, roles, new DateTimeOffset(leaf.NotAfter).ToUnixTimeSeconds(), new RootSigner(admin.Key!));

        var text = PemBlocks.Write(
            $"P2PShare: the file of the machine '{peerName}' in the swarm '{admin.SwarmName}'. Give it to that machine and to nobody else.",
            [Block(admin.Root), .. admin.JoinIssuers.Select(Block), Block(leaf), Block(key), (PemBlocks.NameGrant, grant.Encode())]);
        OwnerOnlyFile.WriteAll([(path, text)], overwrite);

        return new SwarmInfo
        {
            Name = admin.SwarmName,
            SwarmId = admin.SwarmId.ToString(),
            SwarmPath = path,
            Authority = SwarmAuthority.Peer,
            NotAfter = leaf.NotAfter.ToUniversalTime(),
            RootNotAfter = admin.Root.NotAfter.ToUniversalTime(),
            PeerName = peerName,
            Role = role,
        };
    }

    internal static (string Label, byte[] Data) Block(X509Certificate2 certificate) => (PemBlocks.Certificate, certificate.RawData);

    internal static (string Label, byte[] Data) Block(ECDsa key) => (PemBlocks.PrivateKey, key.ExportPkcs8PrivateKey());

    private sealed class RootSigner(ECDsa key) : IRecordSigner
    {
        public byte[] Sign(ReadOnlySpan<byte> data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
