using System.Diagnostics;
using System.Text.Json;

namespace P2PShare.Cli.Demo;

/// <summary>A <c>p2pshare --json</c> process and what its lines have told so far.</summary>
internal sealed class DemoPeer : IAsyncDisposable
{
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly Task _reading;
    private readonly List<string> _complaints = [];
    private readonly List<JsonElement> _lines = [];
    private readonly Dictionary<string, (long Done, long Length)> _progress = [];
    private TaskCompletionSource _changed = NewSource();
    private bool _ended;

    private DemoPeer(string name, Process process)
    {
        Name = name;
        _process = process;
        _reading = Task.WhenAll(ReadLinesAsync(), ReadComplaintsAsync());
    }

    public string Name { get; }

    /// <summary>Starts this very program as another process.</summary>
    public static DemoPeer Start(string name, params string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new DemoException("The program does not know where it is.");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // Run as "dotnet p2pshare.dll", the process is dotnet and the program its first argument.
        if (Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "p2pshare.dll"));
        }

        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.ArgumentList.Add("--json");
        return new DemoPeer(name, Process.Start(start) ?? throw new DemoException($"Cannot start {program}."));
    }

    /// <summary>All lines of a type so far.</summary>
    public IReadOnlyList<JsonElement> Lines(string type)
    {
        lock (_gate) return _lines.FindAll(line => TypeOf(line) == type);
    }

    /// <summary>How many bytes of a share are done, of how many: hashed here or received here.</summary>
    public (long Done, long Length) ProgressOf(string share)
    {
        lock (_gate) return _progress.GetValueOrDefault(share);
    }

    /// <summary>Waits until there are <paramref name="count"/> lines of a type.</summary>
    /// <exception cref="DemoException">The process reported an error, or ended.</exception>
    public async Task<IReadOnlyList<JsonElement>> WaitForAsync(string type, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                var found = _lines.FindAll(line => TypeOf(line) == type);
                if (found.Count >= count) return found;
                if (_lines.Exists(line => TypeOf(line) == "error") || _ended) throw new DemoException($"{Name} failed: {Complaint()}");
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Has it say goodbye, and waits for its end; kills it when it takes too long.</summary>
    /// <returns>Its exit code, or -1 when it had to be killed.</returns>
    public async Task<int> StopAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        using var patience = new CancellationTokenSource(GoodbyeTime);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            await _reading.WaitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            return -1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync();
        _process.Dispose();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static string? TypeOf(JsonElement line) => line.TryGetProperty("type", out var type) ? type.GetString() : null;

    private string Complaint()
    {
        if (_complaints.Count > 0) return string.Join(' ', _complaints.Select(line => line.Trim()));
        return _process.HasExited ? $"it ended with exit code {_process.ExitCode}." : "it ended without a word.";
    }

    private async Task ReadLinesAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } text)
        {
            using var document = JsonDocument.Parse(text);
            Take(document.RootElement.Clone());
        }

        lock (_gate)
        {
            _ended = true;
            _changed.TrySetResult();
        }
    }

    private async Task ReadComplaintsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                if (_complaints.Count < 20) _complaints.Add(line);
            }
        }
    }

    private void Take(JsonElement line)
    {
        lock (_gate)
        {
            switch (TypeOf(line))
            {
                case "hashing":
                    var hashing = line.GetProperty("progress");
                    _progress[line.GetProperty("name").GetString()!] = (hashing.GetProperty("bytesHashed").GetInt64(), hashing.GetProperty("totalBytes").GetInt64());
                    return;
                case "progress":
                    var transfer = line.GetProperty("transfer");
                    _progress[transfer.GetProperty("name").GetString()!] = (transfer.GetProperty("bytesCompleted").GetInt64(), transfer.GetProperty("length").GetInt64());
                    return;
                case "event":
                    // Nothing here needs them, and there may be many.
                    return;
                default:
                    _lines.Add(line);
                    _changed.TrySetResult();
                    _changed = NewSource();
                    return;
            }
        }
    }
}
