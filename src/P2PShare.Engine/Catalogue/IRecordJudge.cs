using P2PShare.Protocol.Membership.Records;

namespace P2PShare.Engine.Catalogue;

/// <summary>Tells genuine records from false ones, when the store is first asked for one.</summary>
internal interface IRecordJudge
{
    /// <summary>Checks a record up to a level.</summary>
    /// <param name="record">The record.</param>
    /// <param name="known">How far it has been checked before.</param>
    /// <param name="wanted">How far it must be checked.</param>
    /// <returns>What is wrong with it; null when it holds.</returns>
    string? Judge(SignedRecord record, RecordBelief known, RecordBelief wanted);

    /// <summary>A record that was taken in unchecked has proved false and is gone.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="problem">What is wrong with it.</param>
    void OnFalse(string from, string problem);
}
