using System.ComponentModel;
using System.Diagnostics;

namespace P2PShare.Interop.Tests.Support;

/// <summary>Finds the Python that has libtorrent.</summary>
internal static class Python
{
    // Debian's module belongs to Debian's Python, which need not be the first on the PATH.
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3", "python"];

    private static readonly Lazy<string?> Found = new(() => Array.Find(Candidates, HasLibtorrent));

    /// <summary>The program to start.</summary>
    public static string Path => Found.Value ?? throw new InvalidOperationException(WhyNoLibtorrent);

    /// <summary>Null when there is libtorrent.</summary>
    public static string? WhyNoLibtorrent =>
        Found.Value is null ? "python3 cannot import libtorrent (Debian, Ubuntu: apt-get install python3-libtorrent)" : null;

    private static bool HasLibtorrent(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import libtorrent"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.StandardInput.Close();
            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(TimeSpan.FromSeconds(60))) return process.ExitCode == 0;
            process.Kill();
            return false;
        }
        catch (Exception error) when (error is Win32Exception or FileNotFoundException)
        {
            return false;
        }
    }
}
