using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;
using P2PShare.PowerShell.Completion;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

/// <summary>Stops offering shares; by their publisher they are withdrawn from the swarm. Files stay where they are unless asked for.</summary>
[Cmdlet(VerbsCommon.Remove, "P2PShare", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveP2PShareCommand : CatalogueCmdlet
{
    private const string NameSet = "Name";
    private const string InputObjectSet = "InputObject";
    private const string InfoHashSet = "InfoHash";
    private const int MostKeptShown = 5;

    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, HelpMessage = "The name of a share that this peer offers; wildcards are permitted.")]
    [ArgumentCompleter(typeof(ShareNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    [Parameter(ParameterSetName = InputObjectSet, Mandatory = true, ValueFromPipeline = true, HelpMessage = "A share, as Get-P2PShare emits it.")]
    [ValidateNotNullOrEmpty]
    public ShareInfo[] InputObject { get; set; } = [];

    /// <summary>64 hexadecimal digits.</summary>
    [Parameter(ParameterSetName = InfoHashSet, Mandatory = true, ValueFromPipelineByPropertyName = true, HelpMessage = "64 hexadecimal digits, as Get-P2PShare shows them.")]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    // By property name only where an object from the pipe is wanted: see Receive-P2PFile.
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PeerId")]
    [ArgumentCompleter(typeof(LocalPeerCompleter))]
    [ValidateNotNull]
    public override object? Peer { get; set; }

    /// <summary>Deletes the files that this peer has received of the share; never a published source. Asks first.</summary>
    [Parameter]
    public SwitchParameter DeleteFile { get; set; }

    /// <summary>With -DeleteFile: does not ask, unless -Confirm is given, too.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        if (ParameterSetName == InputObjectSet)
        {
            foreach (var share in InputObject) Remove(LocalPeerSelector.One(Peer ?? share.PeerId), share);
            return;
        }

        var peers = WaitForCatalogues([LocalPeerSelector.One(Peer)]);
        if (peers.Count == 0) return;
        foreach (var pattern in ParameterSetName == NameSet ? Name : InfoHash)
        {
            // A wildcard means what this peer offers, not all that the swarm does; what several publish is one content here.
            var offered = Find(peers, pattern, null, allVersions: false).Where(f => IsOffered(f.Peer, f.Share))
                .OrderByDescending(f => IsOwn(f.Peer, f.Share)).DistinctBy(f => (f.Peer, f.Share.InfoHash)).ToList();
            foreach (var (peer, share) in offered) Remove(peer, share);
            if (offered.Count == 0 && !ShareSearch.IsWildcard(pattern)) WriteError(CatalogueErrors.ShareNotOffered(pattern), pattern);
        }
    }

    private static bool IsOffered(LocalPeer peer, ShareInfo share) =>
        share.IsLocal || share.LocalPath is not null || IsOwn(peer, share);

    private static bool IsOwn(LocalPeer peer, ShareInfo share) => share.PublisherId.Equals(peer.PeerId, StringComparison.OrdinalIgnoreCase);

    private void Remove(LocalPeer peer, ShareInfo share)
    {
        if (share.OfferedBy is { Length: > 0 } publisher)
        {
            Decline(peer, share, publisher);
            return;
        }

        var action = IsOwn(peer, share) ? "Withdraw the share from the swarm" : "Stop offering the share from this peer";
        var place = share.LocalPath is { } path && !IsOwn(peer, share) ? $" to '{path}'" : "";
        if (!Approve(share, DeleteFile ? $"{action}, and delete what this peer has received of it{place}" : action, destroys: DeleteFile)) return;
        try
        {
            if (!DeleteFile) Run((_, token) => peer.Engine.RemoveShareAsync(share.InfoHash, token));
            else Tell(share, Run(token => peer.Engine.RemoveShareAndFilesAsync(share.InfoHash, token)));
        }
        catch (P2PShareException e)
        {
            WriteError(e, share);
        }
    }

    // The cmdlet's ConfirmImpact, High, is that of -DeleteFile. What destroys nothing has that of most cmdlets, Medium: it is
    // not asked about at the default $ConfirmPreference, which is High.
    private bool Approve(ShareInfo share, string action, bool destroys)
    {
        var target = $"{share.Name} ({share.InfoHash})";
        var asks = destroys ? !Force : Preference<ConfirmImpact>("ConfirmPreference") is ConfirmImpact.Low or ConfirmImpact.Medium;
        var isToldWhat = MyInvocation.BoundParameters.ContainsKey("Confirm") || MyInvocation.BoundParameters.ContainsKey("WhatIf") || Preference<bool>("WhatIfPreference");
        if (asks || isToldWhat) return ShouldProcess(target, action);
        WriteVerbose($"Performing the operation \"{action}\" on target \"{target}\".");
        return true;
    }

    private T Preference<T>(string name) => LanguagePrimitives.TryConvertTo<T>(GetVariableValue(name), out var preference) ? preference : default!;

    private void Tell(ShareInfo share, ShareRemoval removal)
    {
        foreach (var file in removal.Deleted) WriteVerbose($"Deleted '{file}'.");
        foreach (var file in removal.Kept.Take(MostKeptShown)) WriteWarning($"'{file.FullName}' was kept because it {file.Reason}.");
        if (removal.Kept.Count > MostKeptShown) WriteWarning($"{removal.Kept.Count - MostKeptShown} more files of '{share.Name}' were kept.");
        if (removal.Deleted.Count + removal.Kept.Count == 0) WriteWarning($"No file was deleted: this peer has received nothing of '{share.Name}' that is complete.");
    }

    private void Decline(LocalPeer peer, ShareInfo share, string publisher)
    {
        if (!Approve(share, $"Decline what '{publisher}' offers", destroys: false)) return;
        try
        {
            peer.Engine.DeclineOffer(share.InfoHash);
        }
        catch (P2PShareException e)
        {
            WriteError(e, share);
        }
    }
}
