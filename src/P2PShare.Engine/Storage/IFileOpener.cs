namespace P2PShare.Engine.Storage;

/// <summary>Whose files a <see cref="FileHandleCache"/> keeps open.</summary>
internal interface IFileOpener
{
    /// <summary>Opens one of its files.</summary>
    IStorageFile OpenFile(int file);
}
