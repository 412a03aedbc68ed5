using P2PShare.Engine.Catalogue;
using P2PShare.Engine.Errors;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class ShareGroupingTests
{
    private static readonly string Root = OperatingSystem.IsWindows() ? @"C:\data" : "/data";

    [Fact]
    public void Each_input_is_a_share_of_its_leaf_name()
    {
        var result = ShareGrouping.Separate([File("a.iso"), Folder("photos"), File("[x].txt")]);

        Assert.Equal([("a.iso", At("a.iso")), ("photos", At("photos")), ("[x].txt", At("[x].txt"))], result.Requests.Select(r => (r.Name, r.Path)));
        Assert.All(result.Requests, r => Assert.Null(r.Entries));
        Assert.Empty(result.LeftOut);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void What_lies_below_a_shared_folder_is_left_out_whatever_the_order()
    {
        var result = ShareGrouping.Separate([File("photos/1.jpg"), Folder("photos"), Folder("photos/old"), File("photos/old/2.jpg"), File("photos.zip")]);

        Assert.Equal(["photos", "photos.zip"], result.Requests.Select(r => r.Name));
        Assert.Equal([At("photos/1.jpg"), At("photos/old"), At("photos/old/2.jpg")], result.LeftOut.Select(l => l.FullPath));
        Assert.All(result.LeftOut, l => Assert.Equal(At("photos"), l.SharedFolder));
    }

    [Fact]
    public void Two_inputs_of_one_leaf_name_are_an_error_and_the_others_go_on()
    {
        var result = ShareGrouping.Separate([File("a/readme.txt"), File("b/Readme.txt"), File("c.txt")]);

        Assert.Equal(["c.txt"], result.Requests.Select(r => r.Name));
        var error = Assert.Single(result.Errors);
        Assert.Equal(ErrorIds.DuplicateShareName, error.ErrorId);
        Assert.Equal(At("b/Readme.txt"), error.Target);
        Assert.Contains(At("a/readme.txt"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_path_given_twice_is_one_share()
    {
        var result = ShareGrouping.Separate([File("a.txt"), File("sub/../a.txt"), Folder("d"), new ShareInput(At("d") + Path.DirectorySeparatorChar, true)]);

        Assert.Equal(["a.txt", "d"], result.Requests.Select(r => r.Name));
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void A_root_has_no_name_of_its_own()
    {
        var result = ShareGrouping.Separate([new ShareInput(Path.GetPathRoot(Root)!, true)]);

        Assert.Empty(result.Requests);
        Assert.Equal(ErrorIds.InvalidName, Assert.Single(result.Errors).ErrorId);
    }

    [Fact]
    public void A_bundle_is_relative_to_the_deepest_common_folder()
    {
        var result = ShareGrouping.Bundle([File("src/a/x.dll"), File("src/b/c/y.dll")], "libs");

        var request = Assert.Single(result.Requests);
        Assert.Equal("libs", request.Name);
        Assert.Null(request.Path);
        Assert.Equal([new PublishEntry(At("src/a/x.dll"), "a/x.dll", false), new PublishEntry(At("src/b/c/y.dll"), "b/c/y.dll", false)], request.Entries);
    }

    [Fact]
    public void A_bundle_of_one_file_is_a_folder_with_that_file()
    {
        var request = Assert.Single(ShareGrouping.Bundle([File("src/x.dll")], "libs").Requests);

        Assert.Equal([new PublishEntry(At("src/x.dll"), "x.dll", false)], request.Entries);
    }

    [Fact]
    public void A_bundle_of_one_folder_is_that_folder_under_another_name()
    {
        var request = Assert.Single(ShareGrouping.Bundle([Folder("out")], "build-42").Requests);

        Assert.Equal(("build-42", At("out")), (request.Name, request.Path));
        Assert.Null(request.Entries);
    }

    [Fact]
    public void A_base_path_is_kept_even_above_the_common_folder()
    {
        var request = Assert.Single(ShareGrouping.Bundle([File("src/a/x.dll"), Folder("src/a/d")], "libs", Root).Requests);

        Assert.Equal(["src/a/x.dll", "src/a/d"], request.Entries!.Select(e => e.RelativePath));
        Assert.Equal([false, true], request.Entries!.Select(e => e.Recurse));
    }

    [Fact]
    public void What_is_not_below_the_base_path_is_an_error_and_the_others_go_on()
    {
        var result = ShareGrouping.Bundle([File("src/a.txt"), File("src2/b.txt"), File("src")], "libs", At("src"));

        Assert.Equal(["a.txt"], Assert.Single(result.Requests).Entries!.Select(e => e.RelativePath));
        Assert.Equal([At("src2/b.txt"), At("src")], result.Errors.Select(e => e.Target));
        Assert.All(result.Errors, e => Assert.Equal(ErrorIds.PathOutsideBase, e.ErrorId));
    }

    [Fact]
    public void A_folder_stands_for_all_below_it_unless_something_below_it_was_named_too()
    {
        var result = ShareGrouping.Bundle([Folder("a"), Folder("b"), File("b/1.txt"), Folder("b/empty"), Folder("bb")], "x");

        Assert.Equal(
            [
                new PublishEntry(At("a"), "a", true),
                new PublishEntry(At("b"), "b", false),
                new PublishEntry(At("b/1.txt"), "b/1.txt", false),
                new PublishEntry(At("b/empty"), "b/empty", true),
                new PublishEntry(At("bb"), "bb", true),
            ],
            Assert.Single(result.Requests).Entries);
        Assert.Empty(result.LeftOut);
    }

    [Fact]
    public void A_filter_reaches_through_every_folder_above_what_it_chose()
    {
        var request = Assert.Single(ShareGrouping.Bundle([Folder("p"), Folder("p/q"), File("p/q/r/1.txt")], "x", Root).Requests);

        Assert.Equal([("p", false), ("p/q", false), ("p/q/r/1.txt", false)], request.Entries!.Select(e => (e.RelativePath, e.Recurse)));
    }

    [Fact]
    public void The_base_folder_itself_is_no_entry()
    {
        var request = Assert.Single(ShareGrouping.Bundle([Folder("p"), File("p/1.txt")], "x").Requests);

        Assert.Equal([new PublishEntry(At("p/1.txt"), "1.txt", false)], request.Entries);
    }

    [Fact]
    public void Case_matters_only_where_the_file_system_says_so()
    {
        ShareInput[] inputs = [Folder("P"), File("p/1.txt")];

        Assert.Equal(["P", "1.txt"], ShareGrouping.Separate(inputs, StringComparison.Ordinal).Requests.Select(r => r.Name));
        Assert.Equal(["P"], ShareGrouping.Separate(inputs, StringComparison.OrdinalIgnoreCase).Requests.Select(r => r.Name));
    }

    [Fact]
    public void A_bundle_of_nothing_is_nothing()
    {
        var result = ShareGrouping.Bundle([], "x");

        Assert.Empty(result.Requests);
        Assert.Empty(result.Errors);
    }

    private static string At(string relative) => Path.Combine(Root, relative.Replace('/', Path.DirectorySeparatorChar));

    private static ShareInput File(string relative) => new(At(relative), false);

    private static ShareInput Folder(string relative) => new(At(relative), true);
}
