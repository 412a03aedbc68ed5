using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using P2PShare.Cli.Output;
using P2PShare.Engine.Identity;

namespace P2PShare.Cli.Demo;

/// <summary>One demonstration: a swarm of processes on loopback, real files, all compared in the end.</summary>
internal sealed class DemoRun(DemoSettings settings)
{
    private const string FileName = "large.bin";

    // Receivers serve until they are told to end; this is only for the case that nobody tells them.
    private const string Seed = "1h";

    private readonly string _work = Path.Combine(settings.WorkRoot, "p2pshare-demo-" + Guid.NewGuid().ToString("N")[..8]);
    private readonly DemoReport _report = new();

    /// <summary>Runs it.</summary>
    /// <returns>Whether every file arrived everywhere as it was.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var folder = settings.Folder ?? await DemoContent.FindFolderAsync(cancellationToken);
        var (files, bytes) = FolderDigest.Measure(folder);
        CheckSpace(bytes);
        Directory.CreateDirectory(_work);
        var peers = new List<DemoPeer>();
        try
        {
            return await RunAsync(folder, files, bytes, peers, cancellationToken);
        }
        finally
        {
            foreach (var peer in peers) await peer.DisposeAsync();
            Directory.Delete(_work, recursive: true);
        }
    }

    private async Task<bool> RunAsync(string folder, int files, long bytes, List<DemoPeer> peers, CancellationToken cancellationToken)
    {
        var whole = Stopwatch.StartNew();
        _report.Say($"A swarm of {settings.Receivers + 1} processes on this machine, in {_work}");
        _report.Say($"Publishing {folder}: {Number(files)} files, {Printable.Bytes(bytes)}, and {FileName}: {Printable.Bytes(settings.FileSize)} of random bytes.");
        var largeFile = Path.Combine(_work, FileName);
        await DemoContent.WriteFileAsync(largeFile, settings.FileSize, cancellationToken);
        var swarm = SwarmFiles.Create("demo", _work, overwrite: false, TimeProvider.System).SwarmPath;

        var hashing = Stopwatch.StartNew();
        var publisher = Start(peers, "publisher", swarm, null, "send", folder, largeFile);
        string[] shares = [Path.GetFileName(folder), FileName];
        var published = publisher.WaitForAsync("share", 2, cancellationToken);
        await _report.ShowProgressAsync("hashing", [publisher], shares, published);
        await published;
        var hashingTime = hashing.Elapsed;
        var started = (await publisher.WaitForAsync("started", 1, cancellationToken))[0];
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{started.GetProperty("port").GetInt32()}");

        var transferring = Stopwatch.StartNew();
        var receivers = new List<DemoPeer>();
        for (var i = 1; i <= settings.Receivers; i++)
        {
            var name = "receiver-" + Number(i);
            receivers.Add(Start(peers, name, swarm, address, ["receive", .. shares, "--destination", Path.Combine(_work, name), "--seed-for", Seed]));
        }

        var received = Task.WhenAll(receivers.Select(receiver => receiver.WaitForAsync("received", shares.Length, cancellationToken)));
        await _report.ShowProgressAsync("receiving", receivers, shares, received);
        await received;
        var transferTime = transferring.Elapsed;

        var roster = await RosterAsync(swarm, address, peers, cancellationToken);
        await Task.WhenAll(peers.Select(StopAsync));
        _report.Say("Comparing every file's SHA-256 with the source …");
        var comparing = Stopwatch.StartNew();
        var verdicts = await CompareAsync(folder, largeFile, receivers, cancellationToken);

        _report.Roster(roster);
        _report.Transfers(receivers);
        _report.Uploads([publisher, .. receivers]);
        _report.Verdicts(verdicts);
        var total = settings.Receivers * (bytes + settings.FileSize);
        _report.Say($"Hashed {Printable.Bytes(bytes + settings.FileSize)} in {Printable.Duration(hashingTime)}; moved {Printable.Bytes(total)} in {Printable.Duration(transferTime)}"
            + string.Create(CultureInfo.InvariantCulture, $" ({Printable.MegabytesPerSecond(total, transferTime):0} MB/s over all peers); ")
            + $"compared in {Printable.Duration(comparing.Elapsed)}; {Printable.Duration(whole.Elapsed)} in all.");
        var good = verdicts.All(verdict => verdict.Differences.Count == 0);
        _report.Say(good ? "Every file arrived on every peer exactly as it was." : "NOT every file arrived as it was.");
        return good;
    }

    private static async Task StopAsync(DemoPeer peer)
    {
        var code = await peer.StopAsync();
        if (code != ExitCodes.Done) throw new DemoException($"{peer.Name} ended with exit code {Number(code)} where 0 was expected.");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<List<DemoVerdict>> CompareAsync(string folder, string largeFile, List<DemoPeer> receivers, CancellationToken cancellationToken)
    {
        var sources = new Dictionary<string, FolderDigest>
        {
            [Path.GetFileName(folder)] = await FolderDigest.ComputeAsync(folder, cancellationToken),
            [FileName] = await FolderDigest.ComputeAsync(largeFile, cancellationToken),
        };
        var verdicts = new List<DemoVerdict>();
        foreach (var receiver in receivers)
        {
            foreach (var line in receiver.Lines("received"))
            {
                var share = line.GetProperty("name").GetString()!;
                var copy = await FolderDigest.ComputeAsync(line.GetProperty("fullName").GetString()!, cancellationToken);
                verdicts.Add(new DemoVerdict(receiver.Name, share, copy.Count, sources[share].Differences(copy)));
            }
        }

        return verdicts;
    }

    private DemoPeer Start(List<DemoPeer> peers, string name, string swarm, string? address, params string[] command)
    {
        string[] common = ["--swarm", swarm, "--name", name, "--state", Path.Combine(_work, "state"), "--listen", "127.0.0.1", "--port", "0", "--no-discovery"];
        string[] connect = address is null ? [] : ["--connect", address];
        string[] end = ["--stop-on-eof"];
        var peer = DemoPeer.Start(name, [.. command, .. common, .. connect, .. end]);
        peers.Add(peer);
        return peer;
    }

    // The roster as one more peer sees it that joins for a moment, as anybody's 'p2pshare peers' would.
    private async Task<IReadOnlyList<JsonElement>> RosterAsync(string swarm, string address, List<DemoPeer> peers, CancellationToken cancellationToken)
    {
        var viewer = Start(peers, "viewer", swarm, address, "peers");
        var lines = await viewer.WaitForAsync("peer", settings.Receivers + 2, cancellationToken);
        return [.. lines.Select(line => line.GetProperty("peer")).Where(peer => !peer.GetProperty("isLocal").GetBoolean())];
    }

    private void CheckSpace(long folderBytes)
    {
        Directory.CreateDirectory(settings.WorkRoot);
        var needed = settings.FileSize + settings.Receivers * (folderBytes + settings.FileSize);
        var free = new DriveInfo(settings.WorkRoot).AvailableFreeSpace;
        if (free < needed + needed / 20)
        {
            throw new DemoException($"{settings.WorkRoot} has {Printable.Bytes(free)} free, and {Printable.Bytes(needed)} are needed: name another place with --work, or make it smaller with --size.");
        }
    }
}
