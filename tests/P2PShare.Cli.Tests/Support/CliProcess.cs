using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace P2PShare.Cli.Tests.Support;

/// <summary>The program as a user runs it: a process, its lines and its exit code. What P2PSHARE_PROGRAM names is run, as a user gets it
/// from the build; else what was built beside the tests.</summary>
public sealed partial class CliProcess : IAsyncDisposable
{
    /// <summary>How long anything may take; only ever waited for in full when a test fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    private CliProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    public string Output
    {
        get
        {
            lock (_gate) return string.Join('\n', _output);
        }
    }

    public string Errors
    {
        get
        {
            lock (_gate) return string.Join('\n', _errors);
        }
    }

    public static CliProcess Start(params string[] arguments) => Start(standardInput: null, arguments);

    /// <summary>Starts it with a text as standard input; null leaves that open and empty.</summary>
    public static CliProcess Start(string? standardInput, params string[] arguments)
    {
        var published = Environment.GetEnvironmentVariable("P2PSHARE_PROGRAM");
        var start = new ProcessStartInfo(published ?? "dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (published is null) start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "p2pshare.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        if (standardInput is not null)
        {
            process.StandardInput.Write(standardInput);
            process.StandardInput.Close();
        }

        return new CliProcess(process);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var cli = Start(arguments);
        var code = await cli.EndAsync();
        return (code, cli.Output, cli.Errors);
    }

    /// <summary>Runs it with --json to its end.</summary>
    public static async Task<(int Code, IReadOnlyList<JsonElement> Lines, string Errors)> RunJsonAsync(params string[] arguments)
    {
        await using var cli = Start([.. arguments, "--json"]);
        var code = await cli.EndAsync();
        return (code, cli.Lines(), cli.Errors);
    }

    /// <summary>All lines, each of which must be a JSON object.</summary>
    public IReadOnlyList<JsonElement> Lines()
    {
        lock (_gate) return _output.ConvertAll(Parse);
    }

    public IReadOnlyList<JsonElement> Lines(string type) => [.. Lines().Where(line => line.Text("type") == type)];

    /// <summary>Waits for the first JSON line that fits.</summary>
    public async Task<JsonElement> WaitForAsync(string type, Func<JsonElement, bool>? fits = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                foreach (var line in _output.Select(Parse))
                {
                    if (line.Text("type") == type && (fits is null || fits(line))) return line;
                }

                Assert.False(_ended, $"It ended without a line of type '{type}'. Output: {string.Join('\n', _output)} Errors: {string.Join('\n', _errors)}");
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"No line of type '{type}' in {Patience}. Output: {Output} Errors: {Errors}");
            }
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            await _reading.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not end in {Patience}. Output: {Output} Errors: {Errors}");
        }

        return _process.ExitCode;
    }

    /// <summary>Ends its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Sends it a Unix signal.</summary>
    public void Signal(PosixSignal signal)
    {
        var number = signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGTERM => 15, _ => throw new ArgumentOutOfRangeException(nameof(signal)) };
        Assert.Equal(0, Kill(_process.Id, number));
    }

    /// <summary>Ends it without warning.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private static JsonElement Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            Assert.Fail("A line is no JSON: " + line);
            throw;
        }
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                lines.Add(line);
                Wake();
            }
        }

        lock (_gate)
        {
            if (lines == _output) _ended = true;
            Wake();
        }
    }

    private void Wake()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
