namespace P2PShare.Cli.Demo;

/// <summary>The demonstration cannot go on.</summary>
internal sealed class DemoException(string message) : Exception(message);
