using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Storage;

/// <summary>Counts what hashing threads have done and reports it about ten times a second.</summary>
internal sealed class PublishMeter(IProgress<PublishProgress>? progress, TimeProvider time, long totalBytes, int totalFiles)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly long _interval = (long)(Interval.TotalSeconds * time.TimestampFrequency);
    private long _bytes;
    private int _files;
    private long _nextReport = time.GetTimestamp();
    private ScannedFile? _currentFile;

    /// <summary>One of the files being hashed.</summary>
    public ScannedFile? CurrentFile
    {
        get => Volatile.Read(ref _currentFile);
        set => Volatile.Write(ref _currentFile, value);
    }

    public void AddFiles(int count) => Interlocked.Add(ref _files, count);

    public void OnRead(int bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        if (progress is null) return;
        var now = time.GetTimestamp();
        var due = Interlocked.Read(ref _nextReport);
        // Whoever moves the hand reports; the others go on hashing.
        if (now < due || Interlocked.CompareExchange(ref _nextReport, now + _interval, due) != due) return;
        progress.Report(Snapshot(CurrentFile));
    }

    public void ReportEnd() => progress?.Report(Snapshot(null));

    private PublishProgress Snapshot(ScannedFile? current) => new(
        Interlocked.Read(ref _bytes), totalBytes, Volatile.Read(ref _files), totalFiles, current is null ? null : string.Join('/', current.Components));
}
