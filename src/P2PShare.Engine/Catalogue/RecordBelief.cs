namespace P2PShare.Engine.Catalogue;

/// <summary>How far a record has been checked. Checks cost more than all else a record costs, so each is made when it is first needed.</summary>
internal enum RecordBelief
{
    /// <summary>Somebody said so.</summary>
    Claimed,

    /// <summary>Its owner's key signed it: nobody else can have written it. Whether the owner belongs to the swarm is not known.</summary>
    Signed,

    /// <summary>Signed, and its owner's certificate is one of the swarm.</summary>
    Believed,
}
