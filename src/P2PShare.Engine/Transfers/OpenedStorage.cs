using P2PShare.Engine.Storage;

namespace P2PShare.Engine.Transfers;

/// <summary>A storage and where the received file or folder will stand.</summary>
internal sealed record OpenedStorage(IShareStorage Storage, string FullName);
