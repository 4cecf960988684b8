using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>A notification as callers see it: the JSON that <see cref="NotificationJson"/> writes, which is also what the log
/// keeps and the sockets send.</summary>
[JsonConverter(typeof(NotificationView.Converter))]
public sealed record NotificationView(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>As it stands now.</summary>
    public static NotificationView Of(Notification notification, TimeZoneInfo zone)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options)) NotificationJson.Write(writer, notification, zone);
        return new NotificationView(buffer.WrittenMemory);
    }

    /// <summary>As it was published, from the log.</summary>
    public static NotificationView Of(Message message) => new(NotificationJson.Data(message.Payload).ToArray());

    internal sealed class Converter : JsonConverter<NotificationView>
    {
        public override NotificationView Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Notifications are only written.");

        public override void Write(Utf8JsonWriter writer, NotificationView value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
