namespace P2PShare.Engine.Tests;

public sealed class BackgroundProcessTests
{
    [Fact]
    public void The_thread_that_begins_is_of_the_batch_class_and_no_other_is()
    {
        if (!OperatingSystem.IsLinux()) return;
        var own = "";
        // On a thread of its own: the runner's go on as they were.
        var thread = new Thread(() =>
        {
            BackgroundProcess.Begin();
            own = Policy();
        });
        thread.Start();
        thread.Join();
        Assert.Equal("3", own);
        Assert.Equal("0", Policy());
    }

    // proc(5): field 41 of stat is the scheduling policy; the name, field 2, may have blanks.
    private static string Policy() => File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[41 - 3];
}
