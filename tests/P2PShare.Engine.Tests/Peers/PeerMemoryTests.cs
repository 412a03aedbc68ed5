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

    [Fact]
    public void Is_read_as_it_was_written()
    {
        var memory = Read("""{ "port": 12, "term": 5000000000, "addresses": ["192.0.2.1:3", "[2001:db8::1]:\u0034"], "later": { "a": [1] } }""");
        Assert.Equal((12, 5_000_000_000), (memory.Content.Port, memory.Content.Term));
        Assert.Equal(["192.0.2.1:3", "[2001:db8::1]:4"], memory.Content.Addresses);
        memory.Save(before => before with { Port = null, Term = 1 });
        var again = new PeerMemory(_folder["state"]);
        again.Load();
        Assert.Equal((null, 1), (again.Content.Port, again.Content.Term));
        Assert.Equal(memory.Content.Addresses, again.Content.Addresses);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("""{ "port": 12 """)]
    [InlineData("""{ "port": "12" }""")]
    [InlineData("""{ "port": 65536 }""")]
    [InlineData("""{ "term": 1e99 }""")]
    [InlineData("""{ "addresses": null }""")]
    [InlineData("""{ "addresses": [1] }""")]
    [InlineData("""{ "addresses": ["\ud800"] }""")]
    public void A_damaged_file_is_as_good_as_none(string json)
    {
        var content = Read(json).Content;
        Assert.Null(content.Port);
        Assert.Empty(content.Addresses);
    }

    private PeerMemory Read(string json)
    {
        Directory.CreateDirectory(_folder["state"]);
        File.WriteAllText(Path.Combine(_folder["state"], "peer.json"), json);
        var memory = new PeerMemory(_folder["state"]);
        memory.Load();
        return memory;
    }
}
