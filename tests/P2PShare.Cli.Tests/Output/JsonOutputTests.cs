using System.Text;
using System.Text.Json;
using P2PShare.Cli.Output;
using P2PShare.Engine.Transfers;

namespace P2PShare.Cli.Tests.Output;

public sealed class JsonOutputTests
{
    [Fact]
    public async Task Progress_is_told_when_only_the_reason_changes_and_not_when_nothing_does()
    {
        var transfer = new TransferInfo { TransferId = "1", Name = "a.bin", InfoHash = "00", State = TransferState.Connecting };
        var samples = new Queue<TransferInfo>([transfer, transfer, transfer with { Detail = "No way to first." }, transfer with { Detail = "No way to second." }, transfer with { Detail = "No way to second." }]);
        var ended = new TaskCompletionSource();
        using var output = new MemoryStream();
        await new JsonOutput(output, TextWriter.Null).ShowTransfersAsync(
            () =>
            {
                var now = samples.Count > 1 ? samples.Dequeue() : samples.Peek();
                if (samples.Count == 1) ended.TrySetResult();
                return [now];
            },
            ended.Task);

        var told = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("transfer")).ToList();
        Assert.Equal([null, "No way to first.", "No way to second."], told.Select(line => line.TryGetProperty("detail", out var detail) ? detail.GetString() : null));
    }
}
