using System.Globalization;
using P2PShare.Benchmarks.Processes;

// As the program does.
P2PShare.Engine.BackgroundProcess.Begin();
switch (args)
{
    case ["peer", ..] when PeerArguments.Parse(args.AsSpan(1)) is { } arguments:
        await new PeerProcess(arguments).RunAsync();
        return 0;
    case ["floor", "send", var path, var port, var copies]:
        await FloorProcess.SendAsync(path, Number(port), Number(copies));
        return 0;
    case ["floor", "receive", var path, var port, var length, "platform" or "lanes"]:
        await FloorProcess.ReceiveAsync(path, Number(port), long.Parse(length, CultureInfo.InvariantCulture), args[^1] == "lanes");
        return 0;
    case ["catalogue", "serve", var folder, var port, var peers, var shares]:
        await CatalogueProcess.ServeAsync(folder, Number(port), Number(peers), Number(shares));
        return 0;
    case ["catalogue", "join", var folder, var address]:
        await CatalogueProcess.JoinAsync(folder, address);
        return 0;
    case ["publish", var path]:
        await HashProcess.PublishAsync(Path.GetFullPath(path));
        return 0;
    case ["merkle", var path, var threads]:
        HashProcess.Merkle(path, Number(threads));
        return 0;
    case ["swarm", var count, var runs]:
        await SwarmProcess.RunAsync(Number(count), Number(runs));
        return 0;
    default:
        Console.Error.WriteLine($"usage: {PeerArguments.Usage} | {FloorProcess.Usage} | {CatalogueProcess.Usage} | {HashProcess.Usage} | {SwarmProcess.Usage}");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
