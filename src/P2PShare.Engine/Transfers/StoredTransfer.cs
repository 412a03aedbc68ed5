using System.Text.Json.Serialization;
using P2PShare.Engine.Storage;
using P2PShare.Protocol;
using P2PShare.Protocol.Metainfo;

namespace P2PShare.Engine.Transfers;

/// <summary>What is written down of a transfer for the next run, besides its metadata.</summary>
internal sealed record StoredTransfer
{
    public required string TransferId { get; init; }

    public required string InfoHash { get; init; }

    public required string Name { get; init; }

    public required string Destination { get; init; }

    public IReadOnlyList<int>? Files { get; init; }

    public bool Overwrite { get; init; }

    public bool NoClobber { get; init; }

    public bool ReplaceReceived { get; init; }

    /// <summary>How long it is given to others after it is complete.</summary>
    public TimeSpan? SeedFor { get; init; }

    /// <summary>With <see cref="SeedFor"/>, once it is complete: until when, in UTC.</summary>
    public DateTime? SeedUntil { get; init; }

    public string? AttributesHash { get; init; }

    public long Length { get; init; }

    public int FileCount { get; init; }

    public bool IsFolder { get; init; }

    public IReadOnlyList<string> ForeignEndpoints { get; init; } = [];

    public bool IsOpen { get; init; }

    public bool IsSuspended { get; init; }

    public long? UploadLimit { get; init; }

    public long? DownloadLimit { get; init; }

    /// <summary>Whether this peer published it.</summary>
    public bool IsPublished { get; init; }

    /// <summary>The published or received file or folder.</summary>
    public string FullName { get; init; } = "";

    /// <summary>Where its files stand, in the share's order, once all of it is here; null before.</summary>
    public IReadOnlyList<StoredFile>? Sources { get; init; }

    /// <summary>The signed records without which others would not know the share: its publisher's and its own, encoded, in base64.</summary>
    public IReadOnlyList<string> Records { get; init; } = [];

    /// <summary>The attributes, where they are small; large ones stand beside.</summary>
    public byte[]? Attributes { get; init; }

    public static StoredTransfer Of(TransferDescriptor descriptor) => new()
    {
        TransferId = descriptor.TransferId,
        InfoHash = descriptor.InfoHash.ToString(),
        Name = descriptor.Name,
        Destination = descriptor.Destination,
        Files = descriptor.Files,
        Overwrite = descriptor.Overwrite,
        NoClobber = descriptor.NoClobber,
        ReplaceReceived = descriptor.ReplaceReceived,
        SeedFor = descriptor.SeedFor,
        AttributesHash = descriptor.AttributesHash?.ToString(),
        Length = descriptor.Length,
        FileCount = descriptor.FileCount,
        IsFolder = descriptor.IsFolder,
        ForeignEndpoints = descriptor.ForeignEndpoints,
        IsOpen = descriptor.IsOpen,
        IsSuspended = descriptor.IsSuspended,
        UploadLimit = descriptor.UploadLimit,
        DownloadLimit = descriptor.DownloadLimit,
    };

    /// <returns>Null when a hash in it is none.</returns>
    public TransferDescriptor? ToDescriptor()
    {
        if (!Protocol.Metainfo.InfoHash.TryParse(InfoHash, out var share)) return null;
        Hash256? attributes = null;
        if (AttributesHash is not null)
        {
            if (!Hash256.TryParse(AttributesHash, out var hash)) return null;
            attributes = hash;
        }

        return new TransferDescriptor
        {
            TransferId = TransferId,
            InfoHash = share,
            Name = Name,
            Destination = Destination,
            Files = Files,
            Overwrite = Overwrite,
            NoClobber = NoClobber,
            ReplaceReceived = ReplaceReceived,
            SeedFor = SeedFor,
            AttributesHash = attributes,
            Length = Length,
            FileCount = FileCount,
            IsFolder = IsFolder,
            ForeignEndpoints = ForeignEndpoints,
            IsOpen = IsOpen,
            IsSuspended = IsSuspended,
            UploadLimit = UploadLimit > 0 ? UploadLimit : null,
            DownloadLimit = DownloadLimit > 0 ? DownloadLimit : null,
        };
    }
}

/// <summary>A file as it was when the share was complete.</summary>
internal sealed record StoredFile(string Path, long Length, long ModifiedNs, bool WasThere = false)
{
    public static StoredFile Of(SourceFile file) => new(file.FullPath, file.Length, file.ModifiedNs, file.WasThere);

    public SourceFile ToSourceFile() => new(Path, Length, ModifiedNs, WasThere);
}

[JsonSerializable(typeof(StoredTransfer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class StoredTransferJson : JsonSerializerContext;
