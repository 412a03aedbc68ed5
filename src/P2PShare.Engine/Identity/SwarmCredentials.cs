using P2PShare.Engine.Errors;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Identity;

/// <summary>A swarm file or a named machine's file, read to be used: what a peer needs before it has a state directory.</summary>
public sealed class SwarmCredentials : IDisposable
{
    private SwarmCredentials(SwarmFileContent content, SwarmInfo info, string source)
    {
        Content = content;
        Info = info;
        Source = source;
    }

    public SwarmId SwarmId => Content.SwarmId;

    public string SwarmName => Content.SwarmName;

    /// <summary>The name the administrator gave this machine; null for an ordinary member, which chooses its own.</summary>
    public string? ReservedName => Content.NameGrant?.Name;

    /// <summary>What the file says; its path is "-" when it came as text.</summary>
    public SwarmInfo Info { get; }

    /// <summary>How messages call what was read.</summary>
    internal string Source { get; }

    internal SwarmFileContent Content { get; }

    /// <summary>Reads a file with a key that lets a peer join.</summary>
    /// <param name="force">Takes it even when others may read it.</param>
    /// <exception cref="P2PShareException">
    /// SwarmNotFound, FileUnreadable, SwarmFileNotPrivate, SwarmFileInvalid, SwarmFileIsAdmin, CertificateExpired, CertificateInvalid.
    /// </exception>
    public static SwarmCredentials Load(string path, bool force, TimeProvider timeProvider) => Load(path, force, timeProvider, proveLater: false);

    /// <summary>Takes the text of such a file.</summary>
    /// <exception cref="P2PShareException">As <see cref="Load(string, bool, TimeProvider)"/>, but for what concerns a file.</exception>
    public static SwarmCredentials Parse(string text, TimeProvider timeProvider) => Parse(text, timeProvider, proveLater: false);

    public void Dispose() => Content.Dispose();

    /// <param name="proveLater">Leaves <see cref="SwarmFileContent.IsProved"/> to the caller.</param>
    internal static SwarmCredentials Load(string path, bool force, TimeProvider timeProvider, bool proveLater)
    {
        var fullPath = Path.GetFullPath(path);
        return Create(SwarmFileReader.Read(fullPath, requirePrivate: !force, proveLater), fullPath, fullPath, timeProvider);
    }

    /// <param name="proveLater">Leaves <see cref="SwarmFileContent.IsProved"/> to the caller.</param>
    internal static SwarmCredentials Parse(string text, TimeProvider timeProvider, bool proveLater) =>
        Create(SwarmFileReader.Parse(text, SwarmFileContent.GivenText, proveLater), SwarmFileContent.GivenText, "-", timeProvider);

    private static SwarmCredentials Create(SwarmFileContent content, string source, string path, TimeProvider timeProvider)
    {
        try
        {
            switch (content.Authority)
            {
                case SwarmAuthority.Admin:
                    throw new P2PShareException(
                        ErrorKind.InvalidArgument,
                        ErrorIds.SwarmFileIsAdmin,
                        $"'{source}' is the administrator's file of the swarm '{content.SwarmName}'; peers start with its swarm file.",
                        source,
                        $"Give {content.SwarmName}.swarm.pem, which was made beside it, and keep the administrator's file off this machine.");
                case SwarmAuthority.None:
                    throw content.Invalid("has no private key, so no peer can join with it");
            }

            content.CheckTime(timeProvider.GetUtcNow());
            return new SwarmCredentials(content, SwarmFileWriter.Describe(content, path), source);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }
}
