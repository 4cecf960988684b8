using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The one JSON form of a notification, for REST answers and for the payload in the log, which has no <c>deliveries</c>. Dates
/// are in the server's time zone (the guide's format); <c>created_at_utc</c> beside them is RFC 3339 with full precision.
/// </summary>
public static class NotificationJson
{
    /// <summary>What stands before the notification in its payload; the payload ends with one <c>}</c> after it.</summary>
    public static ReadOnlySpan<byte> PayloadPrefix => "{\"type\":\"new_notification\",\"data\":"u8;

    // Relaxed: Chinese stays readable on the wire, 3 bytes per character instead of 6. The payload is never put into HTML
    // unescaped.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The payload that the log keeps: the notification as published, in the envelope of the guide.</summary>
    public static byte[] Payload(Notification notification, TimeZoneInfo zone)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write(PayloadPrefix);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) Write(writer, notification, zone);
        buffer.Write("}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The notification inside a payload made by <see cref="Payload"/>.</summary>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> payload) => payload[PayloadPrefix.Length..^1];

    public static void Write(Utf8JsonWriter writer, Notification notification, TimeZoneInfo zone)
    {
        var draft = notification.Draft;
        writer.WriteStartObject();
        writer.WriteNumber("id", notification.Id);
        writer.WriteString("type", draft.Type);
        writer.WriteString("title", draft.Title);
        writer.WriteString("message", draft.Message);
        writer.WriteString("severity", draft.Severity);
        writer.WriteString("priority", draft.Priority);
        WriteOptional(writer, "icon", draft.Icon);
        WriteOptional(writer, "action_url", draft.ActionUrl);
        WriteOptional(writer, "repo", draft.Repo);
        WriteOptional(writer, "branch", draft.Branch);
        WriteOptional(writer, "commit_sha", draft.CommitSha);
        if (draft.MetadataJson is not null)
        {
            writer.WritePropertyName("metadata");
            writer.WriteRawValue(draft.MetadataJson);
        }

        writer.WriteString("status", notification.Status);
        writer.WriteString("created_at", LocalTime(draft.CreatedAt, zone));
        writer.WriteString("updated_at", LocalTime(notification.UpdatedAt, zone));
        WriteTime(writer, "delivered_at", notification.DeliveredAt, zone);
        WriteTime(writer, "read_at", notification.ReadAt, zone);
        if (notification.Deliveries is { } deliveries) writer.WriteNumber("deliveries", deliveries);
        writer.WriteString("created_at_utc", draft.CreatedAt.UtcDateTime);
        writer.WriteString("channel", notification.Channel);
        writer.WriteNumber("offset", notification.Offset);
        writer.WriteEndObject();
    }

    /// <summary>The guide's date format, <c>yyyy-MM-dd HH:mm:ss</c> in the server's time zone.</summary>
    public static string LocalTime(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time, TimeZoneInfo zone)
    {
        if (time is { } value) writer.WriteString(name, LocalTime(value, zone));
        else writer.WriteNull(name);
    }
}
