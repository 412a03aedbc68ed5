using System.Management.Automation;
using P2PShare.Engine.Catalogue;
using P2PShare.PowerShell.Jobs;

namespace P2PShare.PowerShell.Commands;

// -AsJob: a child for each share, hashed one after the other.
public sealed partial class SendP2PFileCommand
{
    // Hashed at once when they are waited for one by one: else the second would wait for the first to be everywhere.
    private const int MaximumWaiting = 8;

    /// <summary>Returns a job with a child for each share instead of waiting.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private void StartJob(LocalPeer peer, IReadOnlyList<PublishRequest> requests, SendDelivery delivery)
    {
        var children = requests.Select(request =>
        {
            var work = new SendWork([request], delivery);
            return new TransferWork(request.Name, peer.PeerId, (output, token) => work.RunAsync(peer, output, token), work.Sample, static () => null);
        });
        var job = new TransferJob(MyInvocation.Line.Trim(), children, concurrency: delivery.Waits ? MaximumWaiting : 1);
        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }
}
