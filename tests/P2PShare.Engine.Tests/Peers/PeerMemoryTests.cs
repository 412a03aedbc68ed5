using P2PShare.Engine.Tests.Storage;

namespace P2PShare.Engine.Tests.Peers;

public sealed class PeerMemoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Is_saved_from_several_threads_and_loses_nothing()
    {
        Directory.CreateDirectory(_folder["state"]);
        var memory = new PeerMemory(_folder["state"]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++) memory.Save(before => before with { Term = before.Term + 1 });
        })));

        var read = new PeerMemory(_folder["state"]);
        read.Load();
        Assert.Equal(400, read.Content.Term);
    }
}
