namespace P2PShare.Engine.Reporting;

/// <summary>How many present peers held a share from a moment on.</summary>
/// <param name="Time">In UTC.</param>
/// <param name="Copies">Peers with all of it.</param>
/// <param name="PartialCopies">Peers with some of it.</param>
public readonly record struct CopySample(DateTime Time, int Copies, int PartialCopies);
