using System.Diagnostics;
using System.Runtime.InteropServices;

namespace P2PShare.Cli.Demo;

/// <summary>What a demonstration publishes.</summary>
internal static class DemoContent
{
    private const int ChunkSize = 1 << 20;

    /// <summary>The folder of the newest .NET SDK on this machine; where there is none, that of the runtime.</summary>
    public static async Task<string> FindFolderAsync(CancellationToken cancellationToken)
    {
        foreach (var dotnet in (string?[])[Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"), "dotnet"])
        {
            if (string.IsNullOrEmpty(dotnet)) continue;
            if (await NewestSdkAsync(dotnet, cancellationToken) is { } folder) return folder;
        }

        return RuntimeEnvironment.GetRuntimeDirectory().TrimEnd(Path.DirectorySeparatorChar);
    }

    /// <summary>Writes a file that no compression makes smaller.</summary>
    public static async Task WriteFileAsync(string path, long size, CancellationToken cancellationToken)
    {
        var random = new Random();
        var chunk = new byte[ChunkSize];
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        for (var left = size; left > 0; left -= chunk.Length)
        {
            random.NextBytes(chunk);
            await file.WriteAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), cancellationToken);
        }
    }

    private static async Task<string?> NewestSdkAsync(string dotnet, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(dotnet, "--list-sdks") { RedirectStandardOutput = true, UseShellExecute = false });
            if (process is null) return null;
            var lines = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            // A line is "10.0.100 [/usr/share/dotnet/sdk]"; the newest comes last.
            foreach (var line in lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                var space = line.IndexOf(" [", StringComparison.Ordinal);
                if (space < 0 || !line.EndsWith(']')) continue;
                var folder = Path.Combine(line[(space + 2)..^1], line[..space]);
                if (Directory.Exists(folder)) return folder;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No such program.
        }

        return null;
    }
}
