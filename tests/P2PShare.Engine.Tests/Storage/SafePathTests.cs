using System.Text;
using FsCheck.Xunit;
using P2PShare.Engine.Errors;
using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Tests.Storage;

public sealed class SafePathTests
{
    private static readonly string Destination = Path.Combine(Path.GetTempPath(), "destination");

    [Theory]
    // Row 1: nothing leads out
    [InlineData("..", "__")]
    [InlineData(".", "_")]
    [InlineData("", "_")]
    [InlineData("a/b", "a_b")]
    [InlineData("../../etc/passwd", ".._.._etc_passwd")]
    [InlineData("a\\b", "a_b")]
    [InlineData("..\\..\\x", ".._.._x")]
    [InlineData("C:", "C_")]
    [InlineData("C:\\Windows", "C__Windows")]
    [InlineData("\\\\server\\share", "__server_share")]
    [InlineData("\\\\?\\C:\\x", "____C__x")]
    [InlineData("\\\\.\\PhysicalDrive0", "__._PhysicalDrive0")]
    // Row 2: what Windows would take for something else
    [InlineData("file.txt:stream", "file.txt_stream")]
    [InlineData("file::$DATA", "file__$DATA")]
    [InlineData("CON", "_CON")]
    [InlineData("con", "_con")]
    [InlineData("NUL", "_NUL")]
    [InlineData("nul.tar.gz", "_nul.tar.gz")]
    [InlineData("AUX .txt", "_AUX .txt")]
    [InlineData("COM1.txt", "_COM1.txt")]
    [InlineData("COM¹", "_COM¹")]
    [InlineData("lpt³.log", "_lpt³.log")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("CONSOLE", "CONSOLE")]
    [InlineData("COM10", "COM10")]
    [InlineData("name.", "name_")]
    [InlineData("name ", "name_")]
    [InlineData("name. . ", "name____")]
    [InlineData("...", "___")]
    [InlineData("what<is>\"this\"|?*", "what_is__this____")]
    // Row 3: what controls a terminal
    [InlineData("a\0b", "a_b")]
    [InlineData("a\u001b[31mb\u007f", "a_[31mb_")]
    [InlineData("a\u0085b\u009bc", "a_b_c")]
    [InlineData("photo\u202Egpj.exe", "photo_gpj.exe")]
    [InlineData("a\uFFFFb\uFDD0", "a_b_")]
    // Kept: what is legal everywhere
    [InlineData(" leading blank", " leading blank")]
    [InlineData("two words [final] (v2) {x} 100% #1 & co; 'q' ~$.txt", "two words [final] (v2) {x} 100% #1 & co; 'q' ~$.txt")]
    [InlineData("👩‍👩‍👧 familie 🎉.jpg", "👩‍👩‍👧 familie 🎉.jpg")]
    [InlineData(".hidden", ".hidden")]
    [InlineData("..double", "..double")]
    [InlineData("日本語.txt", "日本語.txt")]
    [InlineData("cafe\u0301", "cafe\u0301")]
    // Ours
    [InlineData(".p2p-0123456789abcdef.part", "_.p2p-0123456789abcdef.part")]
    public void Gives_a_component_the_same_safe_name_everywhere(string component, string expected)
    {
        Assert.Equal(expected, SafeName.Sanitize(component));
        var path = Folder([[component]]).FilePath(0);
        Assert.Equal("share/" + expected, path);
        Assert.StartsWith(Destination + Path.DirectorySeparatorChar, SafePath.Resolve(Destination, path), StringComparison.Ordinal);
    }

    [Fact]
    public void Replaces_lone_surrogates()
    {
        Assert.Equal("a_b_", SafeName.Sanitize("a\uD83Db\uDE00"));
        Assert.Equal("_\u00e9", SafeName.Sanitize("\uDFFFe\u0301"));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("a\0b")]
    public void Refuses_a_share_name_that_is_a_path(string name)
    {
        var file = Assert.Throws<P2PShareException>(() => SafePath.Map(name, true, [["x"]]));
        var folder = Assert.Throws<P2PShareException>(() => SafePath.Map(name, false, [["x"]]));
        Assert.Equal(ErrorIds.UnsafePath, file.ErrorId);
        Assert.Equal(ErrorIds.UnsafePath, folder.ErrorId);
    }

    [Fact]
    public void A_single_file_stands_in_the_destination_itself()
    {
        var map = SafePath.Map("big.iso", true, [["ignored"]]);
        Assert.Equal("big.iso", map.Root);
        Assert.Equal(["big.iso"], FilesOf(map));
    }

    [Theory]
    [InlineData("Readme.md|README.md|readme.MD", "Readme.md|README (2).md|readme (3).MD")]
    [InlineData("caf\u00e9|cafe\u0301", "caf\u00e9|cafe\u0301 (2)")]
    [InlineData("same|same", "same|same (2)")]
    [InlineData("Straße|STRASSE", "Straße|STRASSE (2)")]
    [InlineData("ς|Σ", "ς|Σ (2)")]
    [InlineData("a:b|a_b", "a_b (2)|a_b")]
    [InlineData("a|A|A (2)", "a|A (3)|A (2)")]
    [InlineData(".env|.ENV", ".env|.ENV (2)")]
    [InlineData("x/1|X/1|x/2", "x/1|X (2)/1|x/2")]
    [InlineData("name|name/inner", "name|name (2)/inner")]
    [InlineData("../a|__/b", "__ (2)/a|__/b")]
    public void Tells_colliding_names_apart_in_tree_order(string names, string expected)
    {
        var map = Folder([.. names.Split('|').Select(name => name.Split('/'))]);
        Assert.Equal(expected.Split('|').Select(name => "share/" + name), FilesOf(map));
    }

    [Fact]
    public void Folders_do_not_change_what_files_are_called()
    {
        var map = SafePath.Map("share", false, [["A", "file"], ["b"]], [["a"], ["A"], ["B"], ["A", "deep", "er"], []]);
        Assert.Equal(["share/A/file", "share/b"], FilesOf(map));
        Assert.Equal(["share/a (2)", "share/A", "share/B (2)", "share/A/deep/er", "share"], Enumerable.Range(0, map.DirectoryCount).Select(map.DirectoryPath));
    }

    [Fact]
    public void Five_hundred_duplicates_are_told_apart_and_one_more_is_refused()
    {
        string[][] Same(int count) => [.. Enumerable.Range(0, count).Select(_ => new[] { "d", "name.txt" })];
        var map = Folder(Same(SafePath.MaxDuplicates + 1));
        Assert.Equal(FilesOf(map).Length, FilesOf(map).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        var refusal = Assert.Throws<P2PShareException>(() => Folder(Same(SafePath.MaxDuplicates + 2)));
        Assert.Equal(ErrorIds.UnsafePath, refusal.ErrorId);
    }

    [Fact]
    public void A_hundred_folders_deep_is_allowed_and_one_more_refused()
    {
        string[] Deep(int depth) => [.. Enumerable.Repeat("d", depth)];
        Assert.Equal(SafePath.MaxDepth, Folder([Deep(SafePath.MaxDepth)]).FilePath(0).Split('/').Length - 1);
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => Folder([Deep(SafePath.MaxDepth + 1)])).ErrorId);
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => SafePath.Map("s", false, [], [Deep(SafePath.MaxDepth + 1)])).ErrorId);
    }

    [Fact]
    public void Refuses_paths_longer_than_any_system_opens()
    {
        string[] Long(int parts) => [.. Enumerable.Repeat(new string('x', 255), parts)];
        Assert.Equal(15 * 256, Folder([Long(15)]).FilePath(0).Length - "share".Length);
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => Folder([Long(16)])).ErrorId);
    }

    [Fact]
    public void Keeps_components_of_255_bytes_and_shortens_longer_ones()
    {
        var longest = new string('x', 251) + ".txt";
        Assert.Equal(longest, SafeName.Sanitize(longest));
        var emoji = string.Concat(Enumerable.Repeat("🎉", 63)) + ".md";
        Assert.Equal(255, Encoding.UTF8.GetByteCount(emoji));
        Assert.Equal(emoji, SafeName.Sanitize(emoji));

        var first = SafeName.Sanitize(new string('x', 300) + "1.txt");
        var second = SafeName.Sanitize(new string('x', 300) + "2.txt");
        Assert.Equal(255, Encoding.UTF8.GetByteCount(first));
        Assert.EndsWith(".txt", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
        Assert.True(Encoding.UTF8.GetByteCount(SafeName.Sanitize(string.Concat(Enumerable.Repeat("🎉", 99)))) is > 250 and <= 255);

        var map = Folder([[longest], [longest.ToUpperInvariant()]]);
        Assert.All(FilesOf(map), file => Assert.True(Encoding.UTF8.GetByteCount(file) <= "share/".Length + 255));
        Assert.EndsWith(" (2).TXT", FilesOf(map)[1], StringComparison.Ordinal);
    }

    [Property(MaxTest = 300)]
    public void Whatever_the_names_the_paths_are_inside_different_and_stable(string[][] paths)
    {
        string[][] files = [.. paths.Select(path => path.Select(part => part ?? "").Take(20).ToArray()).Where(path => path.Length > 0)];
        var map = Folder(files);
        Assert.Equal(FilesOf(map).Length, FilesOf(map).Select(SafeName.ComparisonKey).Distinct().Count());
        Assert.Equal(FilesOf(map), FilesOf(Folder(files)));
        foreach (var file in FilesOf(map))
        {
            Assert.StartsWith(Path.Combine(Destination, "share") + Path.DirectorySeparatorChar, SafePath.Resolve(Destination, file), StringComparison.Ordinal);
            Assert.All(file.Split('/'), part => Assert.Equal(part, SafeName.Sanitize(part)));
        }
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("share/../../x")]
    [InlineData("share/..")]
    [InlineData("share/../..")]
    [InlineData("/../x")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("./..")]
    public void Resolving_checks_again_that_the_path_stays_inside(string relative)
    {
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => SafePath.Resolve(Destination, relative)).ErrorId);
        Assert.Equal(ErrorIds.UnsafePath, Assert.Throws<P2PShareException>(() => SafePath.ResolveBelow(Destination, relative)).ErrorId);
    }

    [Property]
    public bool Resolving_below_a_full_path_finds_the_same(string[] parts)
    {
        var relative = string.Join('/', parts ?? []);
        return Outcome(() => SafePath.ResolveBelow(Destination, relative)) == Outcome(() => SafePath.Resolve(Destination, relative));

        static string Outcome(Func<string> resolve)
        {
            try
            {
                return resolve();
            }
            catch (Exception error) when (error is P2PShareException or ArgumentException)
            {
                return error.GetType().Name;
            }
        }
    }

    [Theory]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a/b/")]
    [InlineData("a/b")]
    [InlineData(".a/b.")]
    [InlineData("...")]
    public void Resolving_below_a_full_path_takes_out_what_names_nothing(string relative)
    {
        Assert.Equal(SafePath.Resolve(Destination, relative), SafePath.ResolveBelow(Destination, relative));
        Assert.Equal(SafePath.Resolve("/", relative), SafePath.ResolveBelow("/", relative));
    }

    [Property]
    public bool The_short_way_to_a_comparison_key_leads_where_the_long_one_does(string name)
    {
        var ascii = new string([.. (name ?? "").Where(char.IsAscii)]);
        // One letter beyond ASCII, which nothing composes with, and all of it goes the long way.
        return SafeName.ComparisonKey(ascii + "щ") == SafeName.ComparisonKey(ascii) + "щ";
    }

    [Fact]
    public void A_share_full_of_numbered_names_is_mapped_in_linear_time()
    {
        var names = Enumerable.Range(2, 20_000).Select(n => new[] { $"abcdefghij ({n})" }).ToList();
        for (var i = 0; i < 400; i++)
        {
            var mask = i;
            names.Add([string.Concat("abcdefghij".Select((c, bit) => (mask >> bit & 1) == 1 ? char.ToUpperInvariant(c) : c))]);
        }

        var map = Folder([.. names]);
        Assert.Equal(names.Count, FilesOf(map).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    private static string[] FilesOf(SafePath map) => [.. Enumerable.Range(0, map.FileCount).Select(map.FilePath)];

    private static SafePath Folder(string[][] files) => SafePath.Map("share", false, files);
}
