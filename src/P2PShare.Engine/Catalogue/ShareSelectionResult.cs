using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Catalogue;

/// <summary>What <see cref="ShareSelection"/> chose.</summary>
/// <param name="Shares">One share for each name that means one thing.</param>
/// <param name="Errors">ShareAmbiguous, one for each name that means several.</param>
public sealed record ShareSelectionResult(IReadOnlyList<ShareInfo> Shares, IReadOnlyList<P2PShareException> Errors);
