namespace P2PShare.Engine.Identity;

/// <summary>Where this platform keeps a user's configuration and state.</summary>
internal static class StandardFolders
{
    /// <summary>The user's default swarm file.</summary>
    public static string DefaultSwarmPath => Path.Combine(
        OperatingSystem.IsWindows() ? Path.Combine(LocalApplicationData, "P2PShare") : Path.Combine(Xdg("XDG_CONFIG_HOME", ".config"), "p2pshare"),
        "default.swarm.pem");

    /// <summary>The folder under which every peer of this user has its state.</summary>
    public static string StateRoot =>
        OperatingSystem.IsWindows() ? Path.Combine(LocalApplicationData, "P2PShare") : Path.Combine(Xdg("XDG_STATE_HOME", Path.Combine(".local", "state")), "p2pshare");

    private static string LocalApplicationData => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);

    // The XDG specification: a relative path in the variable is to be ignored.
    private static string Xdg(string variable, string fallback)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(value) && Path.IsPathRooted(value)) return value;
        return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), fallback);
    }
}
