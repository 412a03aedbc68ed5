using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace P2PShare.Engine.Identity;

/// <summary>Access control lists: owner, SYSTEM and Administrators, and nobody else.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsAccess
{
    private const FileSystemRights Revealing =
        FileSystemRights.ReadData | FileSystemRights.WriteData | FileSystemRights.AppendData | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;

    private static SecurityIdentifier System => new(WellKnownSidType.LocalSystemSid, null);

    private static SecurityIdentifier Administrators => new(WellKnownSidType.BuiltinAdministratorsSid, null);

    public static FileSecurity OwnerOnlyFile()
    {
        var security = new FileSecurity();
        Fill(security, InheritanceFlags.None);
        return security;
    }

    public static DirectorySecurity OwnerOnlyDirectory()
    {
        var security = new DirectorySecurity();
        Fill(security, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit);
        return security;
    }

    /// <summary>Creates a file that from its first byte only its owner, SYSTEM and Administrators can open.</summary>
    public static FileStream CreateFile(string path) =>
        new FileInfo(path).Create(FileMode.CreateNew, FileSystemRights.Write | FileSystemRights.Read, FileShare.None, 4096, FileOptions.None, OwnerOnlyFile());

    /// <summary>Creates a folder (and those missing above it) with an access list of its own.</summary>
    public static void CreateDirectory(string path) => OwnerOnlyDirectory().CreateDirectory(path);

    /// <summary>Whom besides owner, SYSTEM and Administrators a file's access list lets in, and whether its owner is one of ours.</summary>
    public static (bool OwnerIsOurs, IReadOnlyList<SecurityIdentifier> Others) Inspect(string path)
    {
        var security = new FileInfo(path).GetAccessControl(AccessControlSections.Access | AccessControlSections.Owner);
        var me = Me();
        var owner = (SecurityIdentifier?)security.GetOwner(typeof(SecurityIdentifier));
        var others = new List<SecurityIdentifier>();
        foreach (FileSystemAccessRule rule in security.GetAccessRules(true, true, typeof(SecurityIdentifier)))
        {
            var who = (SecurityIdentifier)rule.IdentityReference;
            if (rule.AccessControlType != AccessControlType.Allow || (rule.FileSystemRights & Revealing) == 0) continue;
            if ((rule.PropagationFlags & PropagationFlags.InheritOnly) != 0 || IsOurs(who, me) || who.IsWellKnown(WellKnownSidType.WinCreatorOwnerRightsSid)) continue;
            if (!others.Contains(who)) others.Add(who);
        }

        return (owner is not null && IsOurs(owner, me), others);
    }

    /// <summary>The icacls line that leaves a file to its owner, SYSTEM and Administrators.</summary>
    public static string RepairLine(string path, IReadOnlyList<SecurityIdentifier> others)
    {
        var removals = string.Concat(others.Select(who => $" \"*{who.Value}\""));
        var remove = others.Count == 0 ? "" : " /remove:g" + removals;
        return $"icacls \"{path}\" /inheritance:r{remove} /grant:r \"*{Me().Value}:(F)\" \"*{System.Value}:(F)\" \"*{Administrators.Value}:(F)\"";
    }

    private static void Fill(FileSystemSecurity security, InheritanceFlags inheritance)
    {
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (var who in new[] { Me(), System, Administrators })
            security.AddAccessRule(new FileSystemAccessRule(who, FileSystemRights.FullControl, inheritance, PropagationFlags.None, AccessControlType.Allow));
    }

    private static bool IsOurs(SecurityIdentifier who, SecurityIdentifier me) => who == me || who == System || who == Administrators;

    private static SecurityIdentifier Me()
    {
        using var identity = WindowsIdentity.GetCurrent();
        return identity.User ?? throw new InvalidOperationException("The current Windows user has no security identifier.");
    }
}
