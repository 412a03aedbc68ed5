using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Catalogue;

/// <summary>What <see cref="ShareGrouping"/> made of its inputs.</summary>
/// <param name="Requests">What to publish, in the order of the inputs; only name and paths are set.</param>
/// <param name="LeftOut">Inputs that are shared with a folder above them.</param>
/// <param name="Errors">Inputs that cannot be shared, one error each; the others are not affected.</param>
public sealed record ShareGroupingResult(IReadOnlyList<PublishRequest> Requests, IReadOnlyList<LeftOutInput> LeftOut, IReadOnlyList<P2PShareException> Errors);
