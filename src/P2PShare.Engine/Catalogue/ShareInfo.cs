namespace P2PShare.Engine.Catalogue;

/// <summary>A published file or folder as the catalogue shows it: an immutable snapshot.</summary>
public sealed record ShareInfo
{
    public required string Name { get; init; }

    /// <summary>64 hexadecimal digits: SHA-256 of the info dictionary (BEP 52).</summary>
    public required string InfoHash { get; init; }

    /// <summary>Bytes of all files.</summary>
    public long Length { get; init; }

    public int FileCount { get; init; }

    /// <summary>When this version was published, in UTC; a later one of the same publisher and name supersedes it.</summary>
    public DateTime Published { get; init; }

    /// <summary>The record's version number: at least the Unix time in milliseconds of its publication.</summary>
    public long Version { get; init; }

    /// <summary>Whether no newer version of this name by this publisher exists.</summary>
    public bool IsNewest { get; init; } = true;

    /// <summary>The publisher's name (its peer id's first digits when it is not known).</summary>
    public string Publisher { get; init; } = "";

    /// <summary>The publisher's peer id.</summary>
    public string PublisherId { get; init; } = "";

    /// <summary>How many present peers hold all of it, this one included.</summary>
    public int Copies { get; init; }

    /// <summary>How many present peers hold some of it, this one included.</summary>
    public int PartialCopies { get; init; }

    /// <summary>Whether the local peer holds all of it.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether the local peer serves it to any BitTorrent client, unencrypted.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Where the local peer has it; null when it does not.</summary>
    public string? LocalPath { get; init; }

    /// <summary>For a share that is offered to the local peer: the name of the peer that offers it, its publisher; else null.</summary>
    public string? OfferedBy { get; init; }

    /// <summary>When it was offered to the local peer, in UTC; null when it was not.</summary>
    public DateTime? Offered { get; init; }

    /// <summary>For a share that was just sent: those it is meant for, and how far it has come with each. Else empty.</summary>
    public ShareRecipient[] Recipients { get; init; } = [];

    /// <summary>The swarm's name.</summary>
    public string SwarmName { get; init; } = "";

    /// <summary>The local peer in whose catalogue it stands.</summary>
    public string PeerId { get; init; } = "";

    /// <summary>The info-hash, so that an object given where a share is wanted names exactly that one.</summary>
    public override string ToString() => InfoHash;
}
