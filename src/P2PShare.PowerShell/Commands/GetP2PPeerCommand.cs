using System.Management.Automation;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Membership;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lists the roster: who is in the swarms of the peers of this process.</summary>
[Cmdlet(VerbsCommon.Get, "P2PPeer", DefaultParameterSetName = NameSet)]
[OutputType(typeof(PeerInfo))]
public sealed class GetP2PPeerCommand : P2PCmdlet
{
    private const string NameSet = "Name";
    private const string PeerIdSet = "PeerId";

    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = PeerIdSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PPeer shows them.")]
    [ValidateNotNullOrEmpty]
    public string[] PeerId { get; set; } = [];

    /// <summary>Lists only the peers that run in this process, and waits for nothing.</summary>
    [Parameter]
    public SwitchParameter Local { get; set; }

    /// <summary>The local peer whose roster is listed; all when not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public object? Peer { get; set; }

    /// <summary>How many seconds to wait until the peer is in the swarm, or knows that it is alone.</summary>
    [Parameter]
    [ValidateRange(0, 2_000_000)]
    public int TimeoutSec { get; set; } = 30;

    private IReadOnlyList<PeerInfo>? _roster;

    private protected override void Process()
    {
        var roster = _roster ??= ReadRoster();
        if (ParameterSetName == PeerIdSet)
        {
            foreach (var id in PeerId) Show(roster.Where(p => p.PeerId.Equals(id, StringComparison.OrdinalIgnoreCase)), id, mustExist: true);
            return;
        }

        if (Name is null)
        {
            WriteObject(roster, enumerateCollection: true);
            return;
        }

        foreach (var name in Name)
        {
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            var named = roster.Where(p => pattern.IsMatch(p.Name) || p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            Show(named, name, mustExist: !WildcardPattern.ContainsWildcardCharacters(name));
        }
    }

    private void Show(IEnumerable<PeerInfo> peers, string wanted, bool mustExist)
    {
        var found = peers.ToList();
        WriteObject(found, enumerateCollection: true);
        if (found.Count == 0 && mustExist)
            WriteError(new P2PShareException(ErrorKind.ObjectNotFound, CmdletErrorIds.PeerNotFound, $"No peer '{wanted}' is in the roster.", wanted, "Get-P2PPeer lists those that are."));
    }

    private List<PeerInfo> ReadRoster()
    {
        if (Local && Peer is null && LocalPeers.All.IsEmpty) return [];
        var through = LocalPeerSelector.All(Peer);
        if (Local) return [.. through.Select(p => p.Engine.GetSelf())];

        // A roster that is not there yet is an error, and still worth showing: it tells the state of the peer itself.
        Run(async (output, token) =>
        {
            foreach (var (peer, wait) in through.Select(p => (p, p.Engine.WaitForCatalogueAsync(TimeSpan.FromSeconds(TimeoutSec), token))).ToList())
            {
                try
                {
                    await wait.ConfigureAwait(false);
                }
                catch (P2PShareException e)
                {
                    await output.WriteErrorAsync(e, peer.Name).ConfigureAwait(false);
                }
            }
        });

        // Several local peers of one swarm have the same roster; each of them knows itself best.
        var roster = new Dictionary<(string, string), PeerInfo>();
        foreach (var peer in through) roster[(peer.SwarmId, peer.PeerId)] = peer.Engine.GetSelf();
        foreach (var peer in through)
            foreach (var info in peer.Engine.GetPeers()) roster.TryAdd((peer.SwarmId, info.PeerId), LocalPeers.Find(info.PeerId)?.Engine.GetSelf() ?? info);
        return [.. roster.Values.OrderBy(p => p.SwarmName, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Name, StringComparer.OrdinalIgnoreCase)];
    }
}
