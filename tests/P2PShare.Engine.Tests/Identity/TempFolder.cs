namespace P2PShare.Engine.Tests.Identity;

internal static class TempFolder
{
    public static string Create() => Directory.CreateTempSubdirectory("p2pshare-test-").FullName;
}
