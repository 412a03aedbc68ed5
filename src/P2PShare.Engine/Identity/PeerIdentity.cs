using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;
using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Identity;

/// <summary>Who this peer is in its swarm: its key, its leaf certificate, and how to tell the swarm's other leaves. Safe for concurrent use.</summary>
public sealed class PeerIdentity : IRecordSigner, IDisposable
{
    private static readonly TimeSpan WarnBeforeEnd = TimeSpan.FromDays(30);

    private readonly SwarmCredentials _credentials;
    private readonly string _stateDirectory;
    private readonly TimeProvider _timeProvider;
    private readonly ECDsa _key;
    private readonly Lock _signing = new();
    private readonly List<LeafState> _leaves = [];
    private volatile LeafState _leaf;

    private PeerIdentity(SwarmCredentials credentials, string stateDirectory, TimeProvider timeProvider, SwarmTrust trust, ECDsa key, X509Certificate2 leaf, bool proveLater)
    {
        (_credentials, _stateDirectory, _timeProvider, _key, Trust) = (credentials, stateDirectory, timeProvider, key, trust);
        var problem = proveLater && SwarmTrust.TryGetPeerId(leaf, out var id) ? CertificateProblem.None : trust.Check(leaf.RawData, out id);
        if (problem != CertificateProblem.None)
        {
            throw new P2PShareException(
                ErrorKind.AuthenticationError,
                problem == CertificateProblem.Expired ? ErrorIds.CertificateExpired : ErrorIds.CertificateInvalid,
                $"This machine's own certificate in '{credentials.Source}' {SwarmTrust.Describe(problem)}.",
                credentials.Info.SwarmPath,
                "Ask the swarm's administrator for a new file.");
        }

        _leaf = new LeafState(leaf, key);
        _leaves.Add(_leaf);
        PeerId = id;
        RootPublicKey = credentials.Content.Root.PublicKey.ExportSubjectPublicKeyInfo();
    }

    /// <summary>SHA-256 of the leaf's public key.</summary>
    public PeerId PeerId { get; }

    public SwarmId SwarmId => _credentials.SwarmId;

    public string SwarmName => _credentials.SwarmName;

    /// <summary>The name the administrator gave this machine; null for an ordinary member, which chooses its own.</summary>
    public string? ReservedName => NameGrant?.Name;

    /// <summary>The administrator's word on name and role, which goes into this peer's record; null for an ordinary member.</summary>
    public NameGrant? NameGrant => _credentials.Content.NameGrant;

    /// <summary>What this peer may become.</summary>
    public SwarmRole Role => SwarmFileWriter.RoleOf(NameGrant) ?? SwarmRole.Member;

    /// <summary>What the swarm file says.</summary>
    public SwarmInfo SwarmInfo => _credentials.Info;

    /// <summary>The root's SubjectPublicKeyInfo (DER), which verifies name grants and lists.</summary>
    public ReadOnlyMemory<byte> RootPublicKey { get; }

    /// <summary>This peer's leaf certificate (DER), as it stands in its records; another one after a renewal.</summary>
    public ReadOnlyMemory<byte> Leaf => _leaf.Der;

    /// <summary>When the leaf ends, in UTC.</summary>
    public DateTime LeafNotAfter => _leaf.Certificate.NotAfter.ToUniversalTime();

    internal SwarmTrust Trust { get; }

    internal TimeProvider TimeProvider => _timeProvider;

    /// <summary>The leaf as TLS shows it, without any issuer. One for all handshakes: building it costs more than a handshake.</summary>
    internal SslStreamCertificateContext TlsContext => _leaf.TlsContext;

    /// <summary>Takes a peer's identity in a swarm: its key from the state directory (made there the first time), or from a named machine's file.</summary>
    /// <param name="credentials">Belongs to the identity from here on, also when this fails.</param>
    /// <param name="stateDirectory">The peer's own, locked directory.</param>
    /// <exception cref="P2PShareException">StateDirectoryUnusable, SwarmFileNotPrivate (the key in the state directory), CertificateExpired, CertificateInvalid.</exception>
    public static PeerIdentity Open(SwarmCredentials credentials, string stateDirectory, TimeProvider timeProvider)
    {
        try
        {
            return Open(credentials, stateDirectory, timeProvider, proveLater: false);
        }
        catch
        {
            credentials.Dispose();
            throw;
        }
    }

    /// <param name="credentials">Stays the caller's when this fails.</param>
    /// <param name="proveLater">Leaves out what <see cref="IsProved"/> finds out, for who calls that before anybody is shown or trusted anything.</param>
    internal static PeerIdentity Open(SwarmCredentials credentials, string stateDirectory, TimeProvider timeProvider, bool proveLater)
    {
        var content = credentials.Content;
        ECDsa? memberKey = null;
        X509Certificate2? leaf = null;
        try
        {
            var trust = new SwarmTrust(content.SwarmId, content.Root, content.JoinIssuers, timeProvider);
            if (content.Authority == SwarmAuthority.Peer) return new PeerIdentity(credentials, stateDirectory, timeProvider, trust, content.Key!, content.Leaf!, proveLater);
            memberKey = MemberLeaf.LoadOrCreateKey(stateDirectory);
            leaf = MemberLeaf.LoadOrSign(stateDirectory, content, memberKey, proveLater ? null : trust, timeProvider.GetUtcNow());
            return new PeerIdentity(credentials, stateDirectory, timeProvider, trust, memberKey, leaf, proveLater);
        }
        catch
        {
            leaf?.Dispose();
            memberKey?.Dispose();
            throw;
        }
    }

    /// <summary>Whether this peer's own leaf is one that its swarm takes.</summary>
    internal bool IsProved() => Trust.Check(Leaf.Span, out var id) == CertificateProblem.None && id == PeerId;

    /// <summary>Signs with the peer's key: ECDSA P-256 over SHA-256, 64 bytes (IEEE P1363: r, s).</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_signing)
            return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Fully checks somebody's leaf certificate, as found in a record: chain, validity, usage, CA flag, names, key.</summary>
    /// <param name="reason">The end of the sentence "its certificate …".</param>
    public bool TryValidateLeaf(ReadOnlySpan<byte> der, out PeerId peer, out string reason)
    {
        var problem = Trust.Check(der, out peer);
        reason = SwarmTrust.Describe(problem);
        return problem == CertificateProblem.None;
    }

    /// <summary>
    /// Fully checks a peer's leaf and the name grant beside it in its record. A leaf that the root signed needs its grant:
    /// otherwise a machine could drop the role it was given and call itself as it likes.
    /// </summary>
    /// <param name="grant">The record's grant, if it has one.</param>
    /// <param name="reason">The end of the sentence "its certificate …".</param>
    public bool TryValidatePeer(ReadOnlySpan<byte> der, NameGrant? grant, out PeerId peer, out string reason)
    {
        var problem = Trust.Check(der, out peer, out var isNamed);
        reason = SwarmTrust.Describe(problem);
        if (problem != CertificateProblem.None) return false;
        if (isNamed != grant is not null) reason = isNamed ? "comes without the name it was made for" : "comes with a name that was not made for it";
        else if (grant is not null && !IsGranted(grant, peer)) reason = "comes with a name that the administrator did not grant it, or no longer";
        else return true;
        peer = default;
        return false;
    }

    /// <summary>
    /// Signs a new leaf for the same key when two thirds of its life are over; to be called about daily by a peer that
    /// runs for months. Links that stand are not touched. A named machine's leaf is renewed by its administrator alone.
    /// </summary>
    /// <returns>Whether there is a new leaf, which then belongs into the peer's record.</returns>
    /// <exception cref="P2PShareException">StateDirectoryUnusable.</exception>
    public bool RenewIfDue()
    {
        var content = _credentials.Content;
        var now = _timeProvider.GetUtcNow();
        lock (_leaves)
        {
            if (content.Authority != SwarmAuthority.Join || !MemberLeaf.IsRenewalDue(_leaf.Certificate, content, now)) return false;
            var renewed = new LeafState(MemberLeaf.Renew(_stateDirectory, content, _key, now), _key);
            // The old one stays until the end: a handshake may be using it.
            _leaves.Add(renewed);
            _leaf = renewed;
            return true;
        }
    }

    /// <summary>What ends within 30 days, as sentences for the user.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            var limit = _timeProvider.GetUtcNow() + WarnBeforeEnd;
            var content = _credentials.Content;
            var warnings = new List<string>();
            if (content.Root.NotAfter < limit) warnings.Add($"The swarm '{SwarmName}' ends on {SwarmFileContent.Day(content.Root.NotAfter)}: its root certificate expires. Make a new swarm before that day.");
            if (content.Own.NotAfter < limit)
                warnings.Add($"{(content.Authority == SwarmAuthority.Peer ? "This machine's certificate" : "The join issuer")} of the swarm '{SwarmName}' in '{_credentials.Source}' ends on {SwarmFileContent.Day(content.Own.NotAfter)}. Ask the swarm's administrator for a new file.");
            return warnings;
        }
    }

    public void Dispose()
    {
        lock (_leaves)
        {
            foreach (var leaf in _leaves) leaf.Dispose();
            _leaves.Clear();
        }

        lock (_signing) _key.Dispose();
        _credentials.Dispose();
    }

    private bool IsGranted(NameGrant grant, PeerId peer)
    {
        if (grant.Peer != peer || !NameRules.IsPeerName(grant.Name) || grant.NotAfterUnixTimeSeconds < _timeProvider.GetUtcNow().ToUnixTimeSeconds()) return false;
        using var rootKey = ECDsa.Create();
        rootKey.ImportSubjectPublicKeyInfo(RootPublicKey.Span, out _);
        return grant.Verify(rootKey);
    }

    private sealed class LeafState : IDisposable
    {
        public LeafState(X509Certificate2 certificate, ECDsa key)
        {
            Certificate = certificate;
            Der = certificate.RawData;
            _forTls = WindowsKeys.CreateForTls(certificate, key);
            _tlsContext = new Lazy<SslStreamCertificateContext>(() => SslStreamCertificateContext.Create(_forTls, additionalCertificates: null, offline: true));
        }

        private readonly X509Certificate2 _forTls;

        // It builds a chain, which is slow the first time (SwarmFileContent.IsProved).
        private readonly Lazy<SslStreamCertificateContext> _tlsContext;

        public X509Certificate2 Certificate { get; }
        public byte[] Der { get; }
        public SslStreamCertificateContext TlsContext => _tlsContext.Value;

        public void Dispose()
        {
            WindowsKeys.Release(_forTls);
            Certificate.Dispose();
        }
    }
}
