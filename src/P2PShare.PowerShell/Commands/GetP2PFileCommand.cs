using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Bridge;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;
using WildcardPattern = System.Management.Automation.WildcardPattern;

namespace P2PShare.PowerShell.Commands;

/// <summary>Lists the files inside shares.</summary>
[Cmdlet(VerbsCommon.Get, "P2PFile", DefaultParameterSetName = ShareNameSet)]
[OutputType(typeof(ShareFileInfo))]
public sealed class GetP2PFileCommand : CatalogueCmdlet
{
    private const string ShareNameSet = "ShareName";
    private const string InputObjectSet = "InputObject";
    private const string InfoHashSet = "InfoHash";

    [Parameter(ParameterSetName = ShareNameSet, Position = 0)]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] ShareName { get; set; } = ["*"];

    [Parameter(ParameterSetName = InputObjectSet, Mandatory = true, ValueFromPipeline = true, HelpMessage = "A share, as Get-P2PShare emits it.")]
    [ValidateNotNullOrEmpty]
    public ShareInfo[] InputObject { get; set; } = [];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Which files: matched with the path inside the share and with the file's own name.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>The publisher's name or peer id.</summary>
    [Parameter(ParameterSetName = ShareNameSet)]
    [ArgumentCompleter(typeof(PeerNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Publisher { get; set; }

    private protected override void Process()
    {
        var names = Name?.Select(n => (Text: n, Pattern: new WildcardPattern(n, WildcardOptions.IgnoreCase))).ToList();
        foreach (var (peer, share) in Shares())
        {
            Run(async (output, token) =>
            {
                try
                {
                    foreach (var file in await peer.Engine.GetFilesAsync(share.InfoHash, token).ConfigureAwait(false))
                        if (names is null || names.Any(n => Matches(n.Text, n.Pattern, file))) await output.WriteObjectAsync(file).ConfigureAwait(false);
                }
                catch (P2PShareException e)
                {
                    await output.WriteErrorAsync(e, share).ConfigureAwait(false);
                }
            });
        }
    }

    private static bool Matches(string text, WildcardPattern pattern, ShareFileInfo file) =>
        pattern.IsMatch(file.RelativePath)
        || pattern.IsMatch(file.RelativePath[(file.RelativePath.LastIndexOf('/') + 1)..])
        || text.Equals(file.RelativePath, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<(LocalPeer Peer, ShareInfo Share)> Shares()
    {
        if (ParameterSetName == InputObjectSet)
        {
            foreach (var share in InputObject) yield return (LocalPeerSelector.One(Peer ?? share.PeerId), share);
            yield break;
        }

        var peers = WaitForCatalogues(LocalPeerSelector.All(Peer));
        if (peers.Count == 0) yield break;
        foreach (var pattern in ParameterSetName == ShareNameSet ? ShareName : InfoHash)
        {
            var found = Find(peers, pattern, Publisher, allVersions: false);
            if (found.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotFound(pattern), pattern);

            // One info-hash is one list of files, whoever published it.
            foreach (var (peer, share) in found.DistinctBy(f => (f.Peer.SwarmId, f.Share.InfoHash))) yield return (peer, share);
        }
    }
}
