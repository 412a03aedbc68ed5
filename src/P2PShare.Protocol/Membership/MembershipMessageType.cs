namespace P2PShare.Protocol.Membership;

/// <summary>The byte after a frame's length on channel 0, where BitTorrent has its message id.</summary>
public enum MembershipMessageType : byte
{
    /// <summary>The dialler's first frame.</summary>
    Hello = 0,

    /// <summary>The acceptor's first frame.</summary>
    Welcome = 1,

    /// <summary>The acceptor's first and last frame, instead of welcome.</summary>
    Refused = 2,

    /// <summary>The last frame of a link.</summary>
    Goodbye = 3,

    OpenChannel = 4,
    ChannelOpened = 5,
    ChannelRejected = 6,
    CloseChannel = 7,

    /// <summary>Asks a peer that cannot be dialled to dial.</summary>
    CallMeBack = 8,

    Join = 9,
    Joined = 10,

    /// <summary>Which coordinator the sender follows.</summary>
    Status = 11,

    SnapshotPage = 12,
    Update = 13,
    Publish = 14,
    Leave = 15,
    Ping = 16,
    Pong = 17,

    /// <summary>A deputy has become the coordinator.</summary>
    TakeOver = 18,

    /// <summary>Asks whether the coordinator is lost, and answers that.</summary>
    ConfirmCoordinator = 19,

    /// <summary>A message for a peer to which the sender has no link, through one that has.</summary>
    Relay = 20,

    /// <summary>Asks for progress on a share.</summary>
    ProgressSubscribe = 21,

    /// <summary>How far peers are with a share.</summary>
    Progress = 22,

    /// <summary>Offers shares to a peer.</summary>
    Offer = 23,

    /// <summary>Tells the coordinator that a deputy cannot be dialled.</summary>
    Unreachable = 24,

    /// <summary>What became of offered shares.</summary>
    OfferAnswer = 28,

    /// <summary>Asks a member to dial the sender, to find out whether it can be.</summary>
    DialBack = 36,

    /// <summary>What came of it.</summary>
    DialBackAnswer = 37,
}
