using P2PShare.Engine.Mirroring;
using P2PShare.Protocol;
using P2PShare.Protocol.Membership;

namespace P2PShare.Engine.Tests.Mirroring;

public sealed class MirrorPlacesTests : IDisposable
{
    private static readonly PeerId One = new(Hash256.Of("one"u8));
    private static readonly PeerId Other = new(Hash256.Of("other"u8));

    private readonly string _state = Directory.CreateTempSubdirectory("p2pshare-places-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public void A_name_is_the_first_publishers_and_stays_so()
    {
        var places = new MirrorPlaces(_state, "/copies");
        Assert.Equal("/copies", places.FolderOf(One, "tools"));
        Assert.Equal(Path.Combine("/copies", Other.ToString()[..16]), places.FolderOf(Other, "tools"));
        places.Save();
        var again = new MirrorPlaces(_state, "/copies");
        Assert.Equal(Path.Combine("/copies", Other.ToString()[..16]), again.FolderOf(Other, "tools"));
        Assert.Equal("/copies", again.FolderOf(One, "tools"));
    }

    [Fact]
    public void Names_that_are_one_on_some_file_system_are_one()
    {
        var places = new MirrorPlaces(_state, "/copies");
        Assert.Equal("/copies", places.FolderOf(One, "Tools"));
        Assert.NotEqual("/copies", places.FolderOf(Other, "tOOLS"));
    }

    [Fact]
    public void Versions_go_forward_alone()
    {
        var places = new MirrorPlaces(_state, "/copies");
        Assert.True(places.MayFollow(One, "tools", 5));
        places.Follow(One, "tools", 5);
        places.Save();
        var again = new MirrorPlaces(_state, "/copies");
        Assert.False(again.MayFollow(One, "tools", 4));
        Assert.True(again.MayFollow(One, "tools", 5));
        Assert.True(again.MayFollow(One, "tools", 6));
        Assert.True(again.MayFollow(Other, "tools", 4));
    }

    [Fact]
    public void Another_folder_begins_anew_and_a_damaged_file_is_as_good_as_none()
    {
        var places = new MirrorPlaces(_state, "/copies");
        places.FolderOf(One, "tools");
        places.Save();
        Assert.Equal("/elsewhere", new MirrorPlaces(_state, "/elsewhere").FolderOf(Other, "tools"));
        File.WriteAllText(Path.Combine(_state, "mirror.json"), "{ nonsense");
        Assert.Equal("/copies", new MirrorPlaces(_state, "/copies").FolderOf(Other, "tools"));
    }
}
