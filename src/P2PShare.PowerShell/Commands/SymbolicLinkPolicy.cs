namespace P2PShare.PowerShell.Commands;

/// <summary>What becomes of symbolic links that are to be shared.</summary>
public enum SymbolicLinkPolicy
{
    /// <summary>They are left out.</summary>
    Skip,

    /// <summary>What they lead to is shared in their place.</summary>
    Follow,
}
