using System.Text.Json;

namespace NotifyHub.Console.Live;

/// <summary>Where a client of <c>notifyhub.v1</c> stands: what it must remember to come back without a hole or a repeat.</summary>
public sealed class LivePosition
{
    /// <summary>The life of the log that the offset counts in; null: not told yet.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The last message handled; null: none yet, and none asked for.</summary>
    public long? Offset { get; private set; }

    /// <summary>Asked for by the server before a planned close; taken by the next return.</summary>
    public TimeSpan? ReturnAfter { get; set; }

    /// <summary>The query that asks for what was missed.</summary>
    public string Query => Offset is not { } offset ? "" : Epoch is { } epoch ? $"since={offset}&epoch={Uri.EscapeDataString(epoch)}" : $"since={offset}";

    public void Start(long? since) => (Epoch, Offset, ReturnAfter) = (null, since, null);

    /// <summary>Takes a message of the server's into account.</summary>
    public void Take(JsonElement message)
    {
        switch (Text(message, "type"))
        {
            case "subscribed" when Number(message, "offset") is { } head:
                // Another epoch is another log, and an offset behind its newest message is of no log we know: begin anew.
                var epoch = Text(message, "epoch");
                if ((Epoch is not null && epoch != Epoch) || Offset is null || Offset > head) Offset = head;
                Epoch = epoch;
                break;
            case "message" when Number(message, "offset") is { } offset:
                Offset = offset;
                break;
            case "gap" when Number(message, "to") is { } to:
                Offset = to;
                break;
            case "reconnect" when Number(message, "after_ms") is { } after:
                ReturnAfter = TimeSpan.FromMilliseconds(Math.Clamp(after, 0, 600_000));
                break;
        }
    }

    internal static string? Text(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static long? Number(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
