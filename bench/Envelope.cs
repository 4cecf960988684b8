using System.Buffers.Text;
using System.Text.Json;

namespace NotifyHub.Bench;

/// <summary>The envelope of messages to a <c>notifyhub.v1</c> client, and its other messages.</summary>
internal static class Envelope
{
    private static ReadOnlySpan<byte> BeforeOffset => "{\"type\":\"message\",\"channel\":\"all\",\"offset\":"u8;

    private static ReadOnlySpan<byte> BeforeData => ",\"data\":"u8;

    /// <summary>Finds the offset and the data of a message without parsing the JSON; false for everything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out long offset, out ReadOnlySpan<byte> data)
    {
        data = default;
        offset = 0;
        if (!payload.StartsWith(BeforeOffset)) return false;
        var rest = payload[BeforeOffset.Length..];
        if (!Utf8Parser.TryParse(rest, out offset, out int digits) || !rest[digits..].StartsWith(BeforeData)) return false;
        data = rest[(digits + BeforeData.Length)..^1];
        return true;
    }

    /// <summary>Reads the answer to a subscription, the only other message that a run needs.</summary>
    public static bool TryReadSubscribed(ReadOnlySpan<byte> payload, out long head, out bool recovered)
    {
        head = 0;
        recovered = false;
        var subscribed = false;
        var reader = new Utf8JsonReader(payload);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                switch (name)
                {
                    case "type": subscribed = reader.ValueTextEquals("subscribed"u8); break;
                    case "offset": head = reader.GetInt64(); break;
                    case "recovered": recovered = reader.GetBoolean(); break;
                    default: reader.Skip(); break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
        return subscribed;
    }
}
