using P2PShare.Engine.Catalogue;

namespace P2PShare.Engine.Tests.Catalogue;

public sealed class NameTableTests
{
    private readonly NameTable<object> _table = new();

    [Fact]
    public void A_name_is_found_whatever_its_case()
    {
        var one = new object();
        _table.Set("Tools.ZIP", one);
        Assert.Same(one, _table.Find("tools.zip"));
        Assert.Same(one, Assert.Single(_table.Match(Pattern("TOOLS.*"))));
        Assert.Null(_table.Find("tools"));
        Assert.Empty(_table.Match(Pattern("*.iso")));
    }

    [Fact]
    public void What_is_set_again_takes_the_place_of_what_was_there()
    {
        var other = new object();
        _table.Set("a", new object());
        _table.Set("A", other);
        Assert.Same(other, Assert.Single(_table.Match(Pattern("*"))));
        _table.Remove("a");
        Assert.Null(_table.Find("A"));
        Assert.Empty(_table.Match(Pattern("*")));
        _table.Remove("a");
    }

    [Fact]
    public void It_holds_what_a_dictionary_would_through_many_changes()
    {
        var random = new Random(1);
        var model = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < 30_000; i++)
        {
            // Names are many enough, and long enough, for the table to be written anew and to fill several chunks.
            var name = $"share-{random.Next(4000):0000}-{new string('x', random.Next(4000) % 200)}";
            if (random.Next(5) < (i / 10_000) + 1)
            {
                model.Remove(name);
                _table.Remove(name);
            }
            else
            {
                var value = new object();
                model[name] = value;
                _table.Set(name, value);
            }

            if (i % 3000 != 0) continue;
            Assert.Equal(model.Values.ToHashSet(), _table.Match(Pattern("*")).ToHashSet());
            Assert.Equal(model.Where(pair => pair.Key.StartsWith("share-1", StringComparison.Ordinal)).Select(pair => pair.Value).ToHashSet(), _table.Match(Pattern("SHARE-1*")).ToHashSet());
            Assert.All(model, pair => Assert.Same(pair.Value, _table.Find(pair.Key)));
        }
    }

    [Fact]
    public void Few_items_are_kept_as_in_a_list()
    {
        var random = new Random(2);
        var few = default(Few<object>);
        var model = new List<object>();
        for (var i = 0; i < 2000; i++)
        {
            if (model.Count > 0 && random.Next(2) == 0)
            {
                var gone = model[random.Next(model.Count)];
                model.Remove(gone);
                few.Remove(gone);
                few.Remove(new object());
            }
            else
            {
                var item = new object();
                model.Add(item);
                few.Add(item);
            }

            Assert.Equal(model.Count, few.Count);
            Assert.Equal(model.ToHashSet(), Enumerable.Range(0, few.Count).Select(index => few[index]).ToHashSet());
        }
    }

    private static ShareFilter Pattern(string name) => new(new ShareQuery { Names = [name] });
}
