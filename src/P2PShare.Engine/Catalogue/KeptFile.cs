namespace P2PShare.Engine.Catalogue;

/// <summary>A file that was not deleted.</summary>
/// <param name="FullName">Where it is.</param>
/// <param name="Reason">The end of the sentence "it was kept because it …".</param>
public sealed record KeptFile(string FullName, string Reason);
