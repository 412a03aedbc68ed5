namespace P2PShare.Cli;

/// <summary>
/// The home folder of the user. .NET looks into it for certificates whatever a chain is to trust, and fails where the user
/// has none and is in no password file: a service's dynamic user, a container's user that is a mere number.
/// </summary>
internal static class HomeFolder
{
    /// <summary>Lets such users pass for having the root folder, as what else .NET asks for does: to be called before anything of cryptography.</summary>
    public static void Provide()
    {
        if (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("HOME") is { Length: > 0 }) return;
        Environment.SetEnvironmentVariable("HOME", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } known ? known : "/");
    }
}
