using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Identity;

namespace P2PShare.Engine.Tests.Identity;

public sealed class SwarmFilesTests : IDisposable
{
    private readonly TestSwarm _swarm = new("lab-one");

    public void Dispose() => _swarm.Dispose();

    [Fact]
    public void Makes_both_files_for_their_owner_alone()
    {
        Assert.Equal(Path.Combine(_swarm.Folder, "lab-one.swarm.pem"), _swarm.SwarmPath);
        Assert.Equal(Path.Combine(_swarm.Folder, "lab-one.admin.pem"), _swarm.AdminPath);
        Assert.Equal(2, Directory.GetFileSystemEntries(_swarm.Folder).Length);
        if (OperatingSystem.IsWindows()) return;
        foreach (var path in new[] { _swarm.SwarmPath, _swarm.AdminPath })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Reads_back_what_was_made()
    {
        var swarm = SwarmFiles.Read(_swarm.SwarmPath);
        var admin = SwarmFiles.Read(_swarm.AdminPath);

        Assert.Equal((SwarmAuthority.Join, SwarmAuthority.Admin), (swarm.Authority, admin.Authority));
        Assert.Equal(("lab-one", "lab-one"), (swarm.Name, admin.Name));
        Assert.Equal(_swarm.Info.SwarmId, swarm.SwarmId);
        Assert.Equal(_swarm.Info.SwarmId, admin.SwarmId);
        Assert.Equal(40, swarm.SwarmId.Length);
        Assert.Equal(_swarm.Info with { AdminPath = null }, swarm);
        Assert.True(swarm.NotAfter < swarm.RootNotAfter);
        Assert.Equal(DateTimeKind.Utc, swarm.NotAfter.Kind);
    }

    [Fact]
    public void Certificates_have_the_shape_that_TLS_and_libtorrent_want()
    {
        var content = _swarm.Content(_swarm.SwarmPath);
        var root = Assert.Single(content.Root.Extensions.OfType<X509BasicConstraintsExtension>());
        var issuer = Assert.Single(content.JoinIssuers[0].Extensions.OfType<X509BasicConstraintsExtension>());
        using var peer = _swarm.OpenPeer();
        using var leaf = X509CertificateLoader.LoadCertificate(peer.Leaf.Span);

        Assert.Equal((true, 1), (root.CertificateAuthority, root.PathLengthConstraint));
        Assert.Equal((true, 0), (issuer.CertificateAuthority, issuer.PathLengthConstraint));
        Assert.False(Assert.Single(leaf.Extensions.OfType<X509BasicConstraintsExtension>()).CertificateAuthority);
        Assert.Equal(["*", _swarm.Info.SwarmId], Assert.Single(leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()).EnumerateDnsNames());
        Assert.Equal(2, Assert.Single(leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages.Count);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, Assert.Single(leaf.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        Assert.InRange(DateTime.Now - content.Root.NotBefore, TimeSpan.FromDays(2), TimeSpan.FromDays(2.1));
        Assert.InRange(leaf.NotAfter - DateTime.Now, TimeSpan.FromDays(364), TimeSpan.FromDays(365));
    }

    [Fact]
    public void The_swarms_name_is_in_the_root_certificate_alone()
    {
        var content = _swarm.Content(_swarm.SwarmPath);
        using var peer = _swarm.OpenPeer();
        var name = "lab-one"u8.ToArray();
        Assert.True(content.Root.RawData.AsSpan().IndexOf(name) >= 0);
        Assert.True(content.JoinIssuers[0].RawData.AsSpan().IndexOf(name) < 0);
        Assert.True(peer.Leaf.Span.IndexOf(name) < 0);
    }

    [Fact]
    public void Leaves_existing_files_alone()
    {
        var before = File.ReadAllText(_swarm.SwarmPath);
        File.Delete(_swarm.AdminPath);
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Create("lab-one", _swarm.Folder, false, _swarm.Clock));
        Assert.Equal(ErrorIds.SwarmFileExists, error.ErrorId);
        Assert.Equal(before, File.ReadAllText(_swarm.SwarmPath));
        Assert.False(File.Exists(_swarm.AdminPath));
    }

    [Fact]
    public void Overwrites_both_when_asked_to()
    {
        var made = SwarmFiles.Create("lab-one", _swarm.Folder, true, _swarm.Clock);
        Assert.NotEqual(_swarm.Info.SwarmId, made.SwarmId);
        Assert.Equal(made.SwarmId, SwarmFiles.Read(_swarm.SwarmPath).SwarmId);
        Assert.Equal(made.SwarmId, SwarmFiles.Read(_swarm.AdminPath).SwarmId);
    }

    [Fact]
    public void Makes_missing_folders()
    {
        var made = SwarmFiles.Create("x", Path.Combine(_swarm.Folder, "a", "b"), false, _swarm.Clock);
        Assert.True(File.Exists(made.SwarmPath));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_an_error_of_its_own()
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Create("x", Path.Combine(_swarm.SwarmPath, "below-a-file"), false, _swarm.Clock));
        Assert.Equal(ErrorIds.DestinationUnusable, error.ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a:b")]
    [InlineData("a\n")]
    [InlineData("end.")]
    [InlineData("con")]
    [InlineData("COM1.x")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void Refuses_names_that_are_no_good_everywhere(string name)
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Create(name, _swarm.Folder, false, _swarm.Clock));
        Assert.Equal(ErrorIds.InvalidName, error.ErrorId);
        Assert.Contains("1 to 64", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("Lab_2.test-x")]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void Takes_names_that_are_good_everywhere(string name) =>
        Assert.Equal(name, SwarmFiles.Read(SwarmFiles.Create(name, _swarm.Folder, false, _swarm.Clock).SwarmPath).Name);

    [Fact]
    public void A_missing_file_says_what_to_copy_and_whereto()
    {
        var path = Path.Combine(_swarm.Folder, "none.swarm.pem");
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(path));
        Assert.Equal(ErrorIds.SwarmNotFound, error.ErrorId);
        Assert.Contains("NAME.swarm.pem", error.Recommendation, StringComparison.Ordinal);
        Assert.Contains(path, error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_no_swarm_file() => AssertInvalid(_swarm.Folder, "folder");

    [Fact]
    public void Text_without_PEM_is_no_swarm_file() => AssertInvalid(Write("hello"), "not a PEM file");

    [Fact]
    public void An_empty_file_is_no_swarm_file() => AssertInvalid(Write(""), "not a PEM file");

    [Fact]
    public void A_binary_file_is_no_swarm_file() => AssertInvalid(Write([0x30, 0x82, 0, 1, 0xFF]), "binary");

    [Fact]
    public void A_file_of_more_than_64_KiB_is_no_swarm_file() => AssertInvalid(Write(File.ReadAllText(_swarm.SwarmPath) + new string('x', 65536)), "64 KiB");

    [Fact]
    public void A_file_cut_off_in_its_key_is_damaged()
    {
        var text = File.ReadAllText(_swarm.SwarmPath);
        AssertInvalid(Write(text[..^60]), "damaged");
    }

    [Fact]
    public void Any_other_certificate_is_no_swarm_file()
    {
        using var key = CertificateIssuer.CreateKey();
        using var certificate = new CertificateRequest("CN=x", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.Now, DateTimeOffset.Now.AddDays(1));
        AssertInvalid(Write(certificate.ExportCertificatePem()), "some other PEM file");
    }

    [Fact]
    public void A_certificate_block_with_rubbish_is_invalid() => AssertInvalid(Write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "cannot be read");

    [Fact]
    public void Two_keys_are_invalid() => AssertInvalid(Write(File.ReadAllText(_swarm.SwarmPath) + BlockOf(_swarm.AdminPath, PemBlocks.PrivateKey)), "more than one private key");

    [Fact]
    public void The_key_of_another_swarm_is_invalid()
    {
        using var other = new TestSwarm("lab-one");
        var text = File.ReadAllText(_swarm.SwarmPath).Replace(BlockOf(_swarm.SwarmPath, PemBlocks.PrivateKey), BlockOf(other.SwarmPath, PemBlocks.PrivateKey), StringComparison.Ordinal);
        AssertInvalid(Write(text), "belongs to none of its certificates");
    }

    [Fact]
    public void Two_roots_are_invalid()
    {
        using var other = new TestSwarm("other");
        AssertInvalid(Write(File.ReadAllText(_swarm.SwarmPath) + File.ReadAllText(other.SwarmPath)), "more than one private key", "two swarms");
    }

    [Fact]
    public void The_join_issuer_of_another_swarm_is_invalid()
    {
        using var other = new TestSwarm("lab-one");
        var join = other.Content(other.SwarmPath).JoinIssuers[0].ExportCertificatePem();
        AssertInvalid(Write(File.ReadAllText(_swarm.SwarmPath) + join), "did not sign");
    }

    [Fact]
    public void A_block_of_a_later_version_is_not_passed_over() =>
        AssertInvalid(Write(File.ReadAllText(_swarm.SwarmPath) + "-----BEGIN P2PSHARE NEWS-----\nAAAA\n-----END P2PSHARE NEWS-----\n"), "does not know");

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_do_no_harm()
    {
        var path = Write([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(File.ReadAllText(_swarm.SwarmPath).ReplaceLineEndings("\r\n"))]);
        Assert.Equal("lab-one", SwarmFiles.Read(path).Name);
    }

    [Fact]
    public void Certificates_alone_are_read_but_let_nobody_join()
    {
        var path = Write(File.ReadAllText(_swarm.SwarmPath).Replace(BlockOf(_swarm.SwarmPath, PemBlocks.PrivateKey), "", StringComparison.Ordinal));
        Assert.Equal(SwarmAuthority.None, SwarmFiles.Read(path).Authority);
        var error = Assert.Throws<P2PShareException>(() => SwarmCredentials.Load(path, true, _swarm.Clock));
        Assert.Equal(ErrorIds.SwarmFileInvalid, error.ErrorId);
    }

    [Fact]
    public void The_administrators_file_starts_no_peer()
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmCredentials.Load(_swarm.AdminPath, false, _swarm.Clock));
        Assert.Equal(ErrorIds.SwarmFileIsAdmin, error.ErrorId);
        Assert.Contains("lab-one.swarm.pem", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_a_swarm_file_is_as_good_as_the_file()
    {
        using var credentials = SwarmCredentials.Parse(File.ReadAllText(_swarm.SwarmPath), _swarm.Clock);
        Assert.Equal("lab-one", credentials.SwarmName);
        Assert.Equal("-", credentials.Info.SwarmPath);
    }

    [Fact]
    public void An_expired_swarm_file_says_so()
    {
        var later = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(1830));
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(_swarm.SwarmPath, later));
        Assert.Equal(ErrorIds.CertificateExpired, error.ErrorId);
        Assert.Contains("join issuer", error.Message, StringComparison.Ordinal);
        Assert.Equal(SwarmAuthority.Admin, SwarmFiles.Read(_swarm.AdminPath, later).Authority);
    }

    [Fact]
    public void An_expired_root_says_so()
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(_swarm.AdminPath, new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(3653))));
        Assert.Equal(ErrorIds.CertificateExpired, error.ErrorId);
        Assert.Contains("root", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_far_behind_is_told_apart_from_expiry()
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(_swarm.SwarmPath, new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-3))));
        Assert.Equal(ErrorIds.CertificateInvalid, error.ErrorId);
        Assert.Contains("clock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_a_day_behind_is_tolerated() =>
        Assert.Equal("lab-one", SwarmFiles.Read(_swarm.SwarmPath, new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-1))).Name);

    [Fact]
    public void No_key_is_in_what_is_shown()
    {
        using var credentials = SwarmCredentials.Load(_swarm.SwarmPath, false, _swarm.Clock);
        Assert.DoesNotContain("PRIVATE", credentials.ToString() + credentials.Info + SwarmFiles.Read(_swarm.AdminPath), StringComparison.Ordinal);
    }

    private static string BlockOf(string path, string label)
    {
        var text = File.ReadAllText(path);
        var begin = text.IndexOf($"-----BEGIN {label}-----", StringComparison.Ordinal);
        var end = $"-----END {label}-----\n";
        return text[begin..(text.IndexOf(end, begin, StringComparison.Ordinal) + end.Length)];
    }

    private string Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(_swarm.Folder, "written.pem");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void AssertInvalid(string path, params string[] anyOf)
    {
        var error = Assert.Throws<P2PShareException>(() => SwarmFiles.Read(path));
        Assert.Equal(ErrorIds.SwarmFileInvalid, error.ErrorId);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(anyOf, text => error.Message.Contains(text, StringComparison.Ordinal));
    }
}
