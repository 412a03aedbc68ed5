using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class ShareSelectionTests
{
    [Fact]
    public void Equal_content_from_several_publishers_is_one_share()
    {
        var result = ShareSelection.Choose([Share("a.iso", 'a', "north"), Share("a.iso", 'a', "south"), Share("b.iso", 'b', "north")]);

        Assert.Equal(["a.iso", "b.iso"], result.Shares.Select(s => s.Name));
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void One_name_for_different_content_is_an_error_that_lists_both()
    {
        var result = ShareSelection.Choose([Share("a.iso", 'a', "north"), Share("A.iso", 'c', "south"), Share("b.iso", 'b', "north")]);

        Assert.Equal(["b.iso"], result.Shares.Select(s => s.Name));
        var error = Assert.Single(result.Errors);
        Assert.Equal(ErrorIds.ShareAmbiguous, error.ErrorId);
        Assert.Equal("a.iso", error.Target);
        Assert.Contains("north", error.Message, StringComparison.Ordinal);
        Assert.Contains("south", error.Message, StringComparison.Ordinal);
    }

    private static ShareInfo Share(string name, char hash, string publisher) => new() { Name = name, InfoHash = new string(hash, 64), Publisher = publisher };
}
