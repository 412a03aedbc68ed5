using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

// -AsJob: a child for each share, hashed one after the other.
public sealed partial class SendP2PFileCommand
{
    /// <summary>Returns a job with a child for each share instead of waiting.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private void StartJob(LocalPeer peer, IReadOnlyList<PublishRequest> requests)
    {
        var children = requests.Select(request =>
        {
            var work = new SendWork([request]);
            return new TransferWork(request.Name, peer.PeerId, (output, token) => work.RunAsync(peer, output, token), work.Sample, static () => null);
        });
        var job = new TransferJob(MyInvocation.Line.Trim(), children, concurrency: 1);
        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }
}
