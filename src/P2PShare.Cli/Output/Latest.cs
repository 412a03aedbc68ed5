namespace P2PShare.Cli.Output;

/// <summary>Keeps the last progress report for whoever samples it; unlike <see cref="Progress{T}"/> it queues nothing.</summary>
internal sealed class Latest<T> : IProgress<T>
    where T : class
{
    private volatile T? _value;

    public T? Value => _value;

    public void Report(T value) => _value = value;
}
