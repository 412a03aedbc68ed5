using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Engine.Identity;

namespace P2PShare.Cli.Commands;

/// <summary><c>swarm new</c> and <c>swarm show</c>.</summary>
internal static class SwarmCommand
{
    public static Command Build() => new("swarm", "Makes and shows the files of a swarm.") { BuildNew(), BuildShow() };

    private static Command BuildNew()
    {
        var name = new Option<string>("--name", "-n") { Description = "The swarm's name.", HelpName = "NAME", Required = true };
        var folder = new Option<string>("--out", "-o") { Description = "The folder to write to.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var force = new Option<bool>("--force", "-f") { Description = "Replace files of that name. Peers of the swarm they were made for can't be managed any more." };
        var json = CliOptions.Json();
        var command = new Command("new", "Makes a swarm: NAME.admin.pem stays with you, NAME.swarm.pem goes to the machines.") { name, folder, force, json };
        command.SetAction(parsed => PeerHost.Run(parsed.GetValue(json), output =>
        {
            var made = SwarmFiles.Create(parsed.GetRequiredValue(name), Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetValue(force), TimeProvider.System);
            output.Swarm(made);
        }));
        return command;
    }

    private static Command BuildShow()
    {
        var file = new Argument<string>("FILE") { Description = "A swarm, admin or peer certificate file." };
        var json = CliOptions.Json();
        var command = new Command("show", "Shows what a swarm's file says.") { file, json };
        command.SetAction(parsed => PeerHost.Run(parsed.GetValue(json), output => output.Swarm(SwarmFiles.Read(Path.GetFullPath(parsed.GetRequiredValue(file))))));
        return command;
    }
}
