using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace P2PShare.Interop.Tests.Support;

/// <summary>A libtorrent session in a process of its own, with libtorrent's default settings; see libtorrent_driver.py.</summary>
internal sealed class LibtorrentClient : IAsyncDisposable
{
    private const int Bound = 90;
    private const int MaxLogLines = 400;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Process _process;
    private readonly Queue<string> _log = new();

    public LibtorrentClient()
    {
        var start = new ProcessStartInfo(Python.Path, ["-X", "utf8", Path.Combine(AppContext.BaseDirectory, "libtorrent_driver.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
            StandardErrorEncoding = Utf8,
        };
        // Without a UTF-8 locale libtorrent cannot name a file that is not ASCII.
        start.Environment["LC_ALL"] = "C.UTF-8";
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>What libtorrent said lately, for a failure's message.</summary>
    public string Log
    {
        get
        {
            lock (_log) return string.Join('\n', _log);
        }
    }

    /// <summary>Makes a .torrent of a file or folder, for v2 alone unless <paramref name="hybrid"/>.</summary>
    /// <param name="pieceLength">In bytes; 0 for libtorrent's choice.</param>
    public Task<LibtorrentTorrent> MakeAsync(string path, string torrent, bool hybrid = false, int pieceLength = 0) =>
        AskAsync<LibtorrentTorrent>(new { @do = "make", path, torrent, hybrid, pieceLength });

    /// <summary>Reads a .torrent.</summary>
    public Task<LibtorrentTorrent> ReadAsync(string torrent) => AskAsync<LibtorrentTorrent>(new { @do = "read", torrent });

    /// <summary>Copies a .torrent without its piece layers.</summary>
    public Task StripAsync(string torrent, string to) => AskAsync<object>(new { @do = "strip", torrent, to });

    /// <summary>Adds a torrent and waits until what is in the folder is checked.</summary>
    public Task<LibtorrentStatus> AddAsync(string torrent, string folder) => AskAsync<LibtorrentStatus>(new { @do = "add", torrent, folder });

    /// <summary>Connects to a peer on this machine.</summary>
    public Task ConnectAsync(int port) => AskAsync<object>(new { @do = "connect", port });

    /// <summary>Waits until all is there, or the generous bound is over.</summary>
    public Task<LibtorrentStatus> WaitFinishedAsync() => AskAsync<LibtorrentStatus>(new { @do = "finished", seconds = Bound });

    /// <summary>Waits until so many bytes are there, or the generous bound is over.</summary>
    public Task<LibtorrentStatus> WaitDoneAsync(long bytes) => AskAsync<LibtorrentStatus>(new { @do = "done", bytes, seconds = Bound });

    /// <summary>Waits until a connection has ended, or the generous bound is over.</summary>
    public Task<LibtorrentStatus> WaitAttemptedAsync() => AskAsync<LibtorrentStatus>(new { @do = "attempted", seconds = Bound });

    public Task<LibtorrentStatus> GetStatusAsync() => AskAsync<LibtorrentStatus>(new { @do = "status" });

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<T> AskAsync<T>(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command, Json));
        await _process.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2 * Bound));
        var line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException("The driver has ended:\n" + Log);
        using var answer = JsonDocument.Parse(line);
        if (answer.RootElement.TryGetProperty("failed", out var failure)) throw new IOException($"libtorrent: {failure.GetString()}\n{Log}");
        return answer.Deserialize<T>(Json)!;
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > MaxLogLines) _log.Dequeue();
        }
    }
}
