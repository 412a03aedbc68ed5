using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class ShareSearchTests
{
    private static readonly string Hash = new('a', 64);

    [Fact]
    public void A_plain_name_is_taken_literally()
    {
        var query = Assert.Single(ShareSearch.Queries("a.iso", "north", allVersions: true));

        Assert.Equal(["a.iso"], query.LiteralNames);
        Assert.Null(query.Names);
        Assert.Equal("north", query.Publisher);
        Assert.True(query.AllVersions);
    }

    [Theory]
    [InlineData("*.iso")]
    [InlineData("a?.iso")]
    [InlineData("[x].txt")]
    [InlineData("a`].txt")]
    public void A_wildcard_goes_before_the_name_it_spells(string pattern)
    {
        var queries = ShareSearch.Queries(pattern);

        Assert.Equal([pattern], queries[0].Names);
        Assert.Equal([pattern], queries[1].LiteralNames);
        Assert.Equal(2, queries.Count);
    }

    [Fact]
    public void Sixty_four_hexadecimal_digits_are_an_info_hash_first()
    {
        var queries = ShareSearch.Queries(Hash);

        Assert.Equal(Hash, queries[0].InfoHash);
        Assert.Equal([Hash], queries[1].LiteralNames);
    }

    [Fact]
    public void The_first_query_that_finds_something_is_meant()
    {
        var named = new ShareInfo { Name = "[x].txt", InfoHash = Hash };

        Assert.Equal([named], ShareSearch.Find(q => q.LiteralNames is null ? [] : [named], "[x].txt"));
        Assert.Empty(ShareSearch.Find(_ => [], "[x].txt"));
    }

    [Fact]
    public async Task Waiting_ends_with_whichever_query_is_answered()
    {
        var named = new ShareInfo { Name = "[x].txt", InfoHash = Hash };
        var found = await ShareSearch.WaitAsync(
            async (q, token) =>
            {
                if (q.LiteralNames is not null) return [named];
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return [];
            },
            "[x].txt",
            null,
            CancellationToken.None);

        Assert.Equal([named], found);
    }

    [Fact]
    public async Task Waiting_in_vain_ends_with_the_error_of_the_wait()
    {
        var error = await Assert.ThrowsAsync<P2PShareException>(() => ShareSearch.WaitAsync(
            (_, _) => Task.FromException<IReadOnlyList<ShareInfo>>(new P2PShareException(ErrorKind.ObjectNotFound, ErrorIds.ShareNotFound, "none")),
            "*.iso",
            null,
            CancellationToken.None));

        Assert.Equal(ErrorIds.ShareNotFound, error.ErrorId);
    }
}
