using System.Runtime.InteropServices;

namespace P2PShare.Engine;

/// <summary>How a process that mostly moves files stands towards others.</summary>
public static partial class BackgroundProcess
{
    // <sched.h>: as by default, but a thread that wakes up does not take the processor from one that runs.
    private const int SchedBatch = 3;

    /// <summary>
    /// Has the threads that are started from now on wait for a processor until whoever has it has used its slice
    /// (sched(7), SCHED_BATCH). Peers on one machine that wake each other for every few blocks spend much of their time in
    /// changing places; so they do more at a time, and interactive programs are not held up. Linux only, and in machine code:
    /// where the program is compiled while it runs, .NET gives each thread it starts the usual class again. Elsewhere, and
    /// where it is not allowed, nothing happens. For a program of its own, to be called first; not in the process of another.
    /// </summary>
    public static void Begin()
    {
        if (!OperatingSystem.IsLinux()) return;
        var priority = 0;
        _ = sched_setscheduler(0, SchedBatch, in priority);
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_setscheduler(int thread, int policy, in int priority);
}
