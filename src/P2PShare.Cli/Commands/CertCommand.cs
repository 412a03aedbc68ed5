using System.CommandLine;
using P2PShare.Cli.CommandLine;
using P2PShare.Engine.Identity;

namespace P2PShare.Cli.Commands;

/// <summary><c>cert new</c>.</summary>
internal static class CertCommand
{
    private const int MaxDays = 36500;

    public static Command Build() => new("cert", "Makes certificates for single machines.") { BuildNew() };

    private static Command BuildNew()
    {
        var admin = new Option<string>("--admin") { Description = "The swarm's NAME.admin.pem.", HelpName = "FILE", Required = true };
        var name = new Option<string>("--name", "-n") { Description = "The machine's name in the swarm.", HelpName = "NAME", Required = true };
        var role = new Option<SwarmRole>("--role")
        {
            Description = "member, or client: serves and receives, but never coordinates.",
            HelpName = "member|client",
            DefaultValueFactory = _ => SwarmRole.Member,
            CustomParser = result =>
            {
                switch (result.Tokens[0].Value.ToUpperInvariant())
                {
                    case "MEMBER": return SwarmRole.Member;
                    case "CLIENT": return SwarmRole.Client;
                    default:
                        result.AddError($"--role is member or client, not '{result.Tokens[0].Value}'.");
                        return default;
                }
            },
        };
        role.CompletionSources.Add("member", "client");
        var days = CliOptions.Number("--days", "How many days it is valid; at most until the swarm's root ends. Default: one year.", "DAYS", 1, MaxDays);
        var file = new Option<string>("--out", "-o") { Description = "The file to write.", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force", "-f") { Description = "Replace an existing file." };
        var json = CliOptions.Json();
        var command = new Command("new", "Signs a certificate for one machine; give it to that machine in place of the swarm file.") { admin, name, role, days, file, force, json };
        command.SetAction(parsed => PeerHost.Run(parsed.GetValue(json), output =>
        {
            var validity = parsed.GetValue(days) is { } count ? TimeSpan.FromDays(count) : (TimeSpan?)null;
            var made = SwarmFiles.CreatePeerCertificate(
                Path.GetFullPath(parsed.GetRequiredValue(admin)),
                parsed.GetRequiredValue(name),
                parsed.GetValue(role),
                validity,
                Path.GetFullPath(parsed.GetRequiredValue(file)),
                parsed.GetValue(force),
                TimeProvider.System);
            output.Swarm(made);
        }));
        return command;
    }
}
