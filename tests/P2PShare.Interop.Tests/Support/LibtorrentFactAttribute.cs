namespace P2PShare.Interop.Tests.Support;

/// <summary>A test against libtorrent: skipped, with the reason, where Python cannot import it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LibtorrentFactAttribute : FactAttribute
{
    public LibtorrentFactAttribute() => Skip = Python.WhyNoLibtorrent;
}
