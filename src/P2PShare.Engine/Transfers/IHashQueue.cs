namespace P2PShare.Engine.Transfers;

/// <summary>Where hashing goes to be done elsewhere.</summary>
internal interface IHashQueue
{
    void Enqueue(IHashWork work);
}
