namespace P2PShare.Cli.Demo;

/// <summary>What a demonstration is made of.</summary>
/// <param name="Folder">The folder to publish; null for the .NET SDK's.</param>
/// <param name="FileSize">Bytes of the large file.</param>
/// <param name="Receivers">How many peers receive.</param>
/// <param name="WorkRoot">Where the throw-away folder is made.</param>
internal sealed record DemoSettings(string? Folder, long FileSize, int Receivers, string WorkRoot);
