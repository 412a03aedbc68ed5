using System.Text;
using System.Text.Json;

namespace P2PShare.Engine;

/// <summary>
/// The content of peer.json. Three values are written by hand: what a serializer makes of their types cost every start of a
/// peer more than the file itself.
/// </summary>
internal sealed record PeerMemoryContent
{
    /// <summary>The port of the last run; null before the first.</summary>
    public int? Port { get; init; }

    /// <summary>The last term this peer knew of; older ones are refused.</summary>
    public long Term { get; init; }

    /// <summary>Where members of the swarm were last seen, as "address:port".</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <exception cref="JsonException">It is no such file.</exception>
    public static PeerMemoryContent Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json.Span.StartsWith(Encoding.UTF8.Preamble) ? json[3..] : json);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("It is no object.");
        var content = new PeerMemoryContent();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            content = property.Name switch
            {
                "port" => content with { Port = property.Value.ValueKind == JsonValueKind.Null ? null : Number(property.Value) is >= 0 and <= 65535 and var port ? (int)port : throw Unreadable(property.Name) },
                "term" => content with { Term = Number(property.Value) },
                "addresses" => content with { Addresses = Texts(property.Value) },
                _ => content,
            };
        }

        return content;

        static JsonException Unreadable(string name) => new($"'{name}' is not what it should be.");

        static long Number(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Unreadable("number");

        static List<string> Texts(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Array) throw Unreadable("addresses");
            var texts = new List<string>();
            foreach (var item in value.EnumerateArray()) texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Unreadable("addresses"));
            return texts;
        }
    }

    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            if (Port is { } port) writer.WriteNumber("port", port);
            else writer.WriteNull("port");
            writer.WriteNumber("term", Term);
            writer.WriteStartArray("addresses");
            foreach (var address in Addresses) writer.WriteStringValue(address);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
