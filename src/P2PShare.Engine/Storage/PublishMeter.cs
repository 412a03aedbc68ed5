using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Storage;

/// <summary>Counts what hashing threads have done and reports it about ten times a second.</summary>
internal sealed class PublishMeter(IProgress<PublishProgress>? progress, TimeProvider time, long totalBytes, int totalFiles)
{
    private readonly ProgressThrottle _throttle = new(time);
    private long _bytes;
    private int _files;
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
        if (progress is not null && _throttle.IsDue()) progress.Report(Snapshot(CurrentFile));
    }

    public void ReportEnd() => progress?.Report(Snapshot(null));

    private PublishProgress Snapshot(ScannedFile? current) => new(
        Interlocked.Read(ref _bytes), totalBytes, Volatile.Read(ref _files), totalFiles, current is null ? null : string.Join('/', current.Components));
}
