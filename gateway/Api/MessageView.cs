using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A retained message of a channel: the fields that its frame has on a socket.</summary>
[JsonConverter(typeof(MessageView.Converter))]
public sealed record MessageView(string Channel, Message Message)
{
    internal sealed class Converter : JsonConverter<MessageView>
    {
        public override MessageView Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Messages are only written.");

        public override void Write(Utf8JsonWriter writer, MessageView value, JsonSerializerOptions options)
        {
            var (message, part) = (value.Message, value.Message.Part);
            writer.WriteStartObject();
            writer.WriteString("channel"u8, value.Channel);
            writer.WriteNumber("offset"u8, message.Offset);
            if (part is not null) writer.WriteString("at"u8, Utc(part.At));
            writer.WritePropertyName("data"u8);
            // Byte for byte as it was published.
            writer.WriteRawValue(
                message.IsNotification ? NotificationJson.Data(message.Payload) : message.Payload, skipInputValidation: true);
            if (part?.Key is { } key) writer.WriteString("key"u8, key);
            if (part?.ExpiresAt is { } expires) writer.WriteString("expires"u8, Utc(expires));
            if (part?.Priority is { } priority) writer.WriteString("priority"u8, priority);
            if (part?.User is { } user) writer.WriteString("user"u8, user);
            writer.WriteEndObject();
        }

        private static string Utc(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
    }
}
