using System.Runtime.InteropServices;

namespace P2PShare.Cli;

/// <summary>Notices that the program is to end (SIGINT, SIGTERM, SIGHUP, the end of standard input if asked for), once a process.</summary>
internal sealed class Interruption : IDisposable
{
    // A terminal and a parent may both deliver the same Ctrl-C; that is not the user's second.
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(500);

    // On Windows the system ends the process as soon as the handler of a closing console returns.
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenSource _source = new();
    private readonly ManualResetEventSlim _over = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _gate = new();
    private long _firstSignal;
    private bool _interrupted;

    public Interruption(bool stopOnEof)
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }

        if (stopOnEof) new Thread(WaitForEof) { IsBackground = true, Name = "standard input" }.Start();
    }

    /// <summary>Cancelled when the program is to end.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the program is to end.</summary>
    public bool IsRequested => _source.IsCancellationRequested;

    /// <summary>The exit code of a command that was told to end.</summary>
    /// <param name="done">Whether it had done all it was for, or was to run until told to end.</param>
    public int ExitCode(bool done)
    {
        // Ctrl-C is 130 by convention whatever the command was at; a service manager's SIGTERM is the usual end of a service.
        lock (_gate) return done && !_interrupted ? ExitCodes.Done : ExitCodes.Interrupted;
    }

    public void Dispose()
    {
        _over.Set();
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Request(context.Signal == PosixSignal.SIGINT);
        if (OperatingSystem.IsWindows() && context.Signal != PosixSignal.SIGINT) _over.Wait(GoodbyeTime);
    }

    private void Request(bool interrupted)
    {
        lock (_gate)
        {
            if (_firstSignal == 0)
            {
                _firstSignal = Environment.TickCount64;
                _interrupted = interrupted;
            }
            else if (interrupted && Environment.TickCount64 - _firstSignal > Echo.TotalMilliseconds)
            {
                // The second Ctrl-C: whoever asks twice doesn't want to wait for goodbyes.
                Environment.Exit(ExitCodes.Interrupted);
            }
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It came when the command was over.
        }
    }

    private void WaitForEof()
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        try
        {
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A broken pipe is an end, too.
        }

        Request(interrupted: false);
    }
}
