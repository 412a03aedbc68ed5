using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;
using P2PShare.Engine.Tests.Storage;
using P2PShare.Engine.Transfers;
using P2PShare.Protocol.Wire;

namespace P2PShare.Engine.Tests.Peers;

public sealed class ResumeTests : IAsyncLifetime
{
    // What one peer may have asked for without having it: the pipeline's first depth and one measurement's growth.
    private const long Window = 2L * PipelineSizer.InitialDepth * BlockRequest.BlockSize;

    // Blocks asked for twice in the endgame, at most.
    private const long Duplicates = 64L * BlockRequest.BlockSize;

    private static readonly string Downloads = OperatingSystem.IsWindows() ? @"C:\downloads" : "/downloads";

    private readonly LiveSwarm _swarm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _swarm.DisposeAsync();

    [Fact]
    public async Task A_receiver_that_was_stopped_and_started_fetches_only_what_it_lacked()
    {
        const int Length = 12_000_000;
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 8_000_000 });
        var share = await source.PublishAsync(_swarm.Write("big.bin", Length, 1));
        var target = await _swarm.StartAsync("target", source);
        var id = target.Engine.PeerId;
        var first = await target.BeginAsync(share);
        await target.Eventually(_ => first.GetSnapshot().BytesCompleted > Length / 3);
        await target.Engine.StopAsync();
        Assert.True(first.Completion.IsCanceled);
        Assert.False(File.Exists(_swarm["to-target/big.bin"]));

        target = await _swarm.StartAsync("target", source);
        Assert.Equal(id, target.Engine.PeerId);
        var done = await target.ReceiveAsync(share);

        Assert.InRange(done.BytesReceived, 1, Length * 2 / 3);
        Assert.Equal(Length, done.BytesCompleted);
        Assert.Equal(File.ReadAllBytes(_swarm["big.bin"]), File.ReadAllBytes(done.FullName));
        await source.Eventually(_ => source.Transfer(share).BytesUploaded >= Length);
        Assert.InRange(source.Transfer(share).BytesUploaded, Length, Length + Length / 100 + Window);
        Assert.Equal([done.FullName], Directory.GetFiles(_swarm["to-target"]));
    }

    [Fact]
    public async Task A_suspended_transfer_goes_on_where_it_was()
    {
        const int Length = 6_000_000;
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 6_000_000 });
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("big.bin", Length, 1));
        var transfer = await target.BeginAsync(share);
        await target.Eventually(_ => transfer.GetSnapshot().BytesCompleted > Length / 4);
        await transfer.SuspendAsync(default);
        Assert.Equal(TransferState.Suspended, transfer.GetSnapshot().State);
        Assert.True(transfer.Completion.IsCanceled);
        await transfer.ResumeAsync(default);
        var done = await target.EndAsync(transfer);
        Assert.Equal(File.ReadAllBytes(_swarm["big.bin"]), File.ReadAllBytes(done.FullName));
        Assert.InRange(source.Transfer(share).BytesUploaded, Length, Length + Length / 100 + Window);
    }

    [Fact]
    public async Task A_stopped_transfer_leaves_nothing_behind()
    {
        const int Length = 6_000_000;
        var source = await _swarm.StartAsync(_swarm.Options("source") with { UploadLimit = 6_000_000 });
        var target = await _swarm.StartAsync("target", source);
        var share = await source.PublishAsync(_swarm.Write("big.bin", Length, 1));
        var transfer = await target.BeginAsync(share);
        await target.Eventually(_ => transfer.GetSnapshot().BytesCompleted > Length / 4);
        await transfer.StopAsync(keepPartial: false, default);
        Assert.Equal(TransferState.Stopped, transfer.GetSnapshot().State);
        Assert.Empty(Directory.GetFileSystemEntries(_swarm["to-target"]));
        await source.Eventually(peer => peer.Look(share.InfoHash) is { Copies: 1, PartialCopies: 0 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ten_power_cuts_at_random_moments_cost_only_what_was_not_flushed(int seed)
    {
        const int Length = 10_000_000;
        var random = new Random(seed);
        var disk = new CrashingFileSystem(seed);
        var source = await _swarm.StartAsync("source");
        _swarm.Write("share/big.bin", Length, seed);
        _swarm.Write("share/small.bin", 70_000, seed + 1);
        _swarm.Write("share/empty.bin", []);
        var share = await source.PublishAsync(_swarm["share"]);
        var options = _swarm.Options("target", source) with { FileSystem = disk, FlushInterval = 65_536, Resume = false };
        var allFlushed = new List<long>();
        for (var round = 0; round <= 10; round++)
        {
            // Slow enough for flushes to come between the writes.
            await using var target = await _swarm.StartAsync(options with { DownloadLimit = round < 10 ? 1_500_000 : null });
            await target.FindShareAsync(share.InfoHash);
            var flushed = CheckClaims(disk, source, share);
            allFlushed.Add(flushed);
            var uploaded = source.Transfer(share).BytesUploaded;
            // All ten together are fewer operations than there are pieces.
            if (round < 10 && round % 2 == 0) disk.CutAfter(random.Next(20, 60));
            var flushesBefore = disk.Flushes;
            var transfer = await target.BeginAsync(share, Downloads);
            if (round < 10 && round % 2 == 1)
            {
                var flushes = random.Next(1, 6);
                await target.Eventually(_ => disk.Flushes >= flushesBefore + flushes || transfer.Completion.IsCompleted);
                disk.CutAfter(random.Next(1, 20));
            }

            if (round < 10)
            {
                await Assert.ThrowsAsync<P2PShareException>(() => target.EndAsync(transfer));
                Assert.True(disk.PowerIsOut);
            }
            else
            {
                await target.EndAsync(transfer);
            }

            await target.Engine.StopAsync();
            Assert.InRange(transfer.GetSnapshot().BytesReceived, 0, share.Length - flushed + Duplicates);
            Assert.InRange(source.Transfer(share).BytesUploaded - uploaded, 0, share.Length - flushed + Duplicates);
            if (round < 10) disk.Restore();
        }

        Assert.Equal(allFlushed.Order(), allFlushed);
        Assert.True(allFlushed[^1] > 0, "Nothing was ever flushed: the test shows nothing.");
        foreach (var name in (string[])["big.bin", "small.bin", "empty.bin"])
            Assert.Equal(File.ReadAllBytes(_swarm["share/" + name]), disk.Content(Path.Combine(Downloads, "share", name)));
        Assert.Equal(3, disk.Files.Count(file => file.StartsWith(Downloads, StringComparison.Ordinal)));
    }

    /// <summary>Each piece that the resume state on the disk claims must be there, as it was published.</summary>
    /// <returns>The bytes it claims.</returns>
    private long CheckClaims(CrashingFileSystem disk, LivePeer source, ShareInfo share)
    {
        if (disk.Files.FirstOrDefault(file => file.Contains(".resume", StringComparison.Ordinal)) is not { } found) return 0;
        var path = found[..(found.IndexOf(".resume", StringComparison.Ordinal) + ".resume".Length)];
        var info = source.Engine.GetTransfers().Cast<Transfer>().Single(transfer => transfer.InfoHash.ToString() == share.InfoHash).Info!;
        // Cut between two renames, the state before is all there is: then all is verified anew, and nothing of it is fetched again.
        if (new ResumeStore(disk, path).Load(info, out _) is not { } state) return 0;
        long bytes = 0;
        foreach (var file in info.Files.Where(file => file.PieceCount > 0))
        {
            var claimed = Enumerable.Range(0, file.PieceCount).Where(piece => state.Flushed.Contains(file.FirstPiece + piece)).ToList();
            if (claimed.Count == 0) continue;
            var original = File.ReadAllBytes(Path.Combine(_swarm["share"], file.PathComponents[^1]));
            var partial = disk.Content(disk.Files.Single(name => name.StartsWith(Downloads, StringComparison.Ordinal) && disk.Content(name).Length == file.Length));
            foreach (var piece in claimed)
            {
                var range = (piece * info.PieceLength)..(int)Math.Min(file.Length, (piece + 1) * info.PieceLength);
                Assert.True(original.AsSpan(range).SequenceEqual(partial.AsSpan(range)), $"Piece {piece} of {file} is claimed and wrong.");
                bytes += range.End.Value - range.Start.Value;
            }
        }

        return bytes;
    }
}
