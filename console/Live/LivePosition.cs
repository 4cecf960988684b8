using System.Text.Json;

namespace NotifyHub.Console.Live;

/// <summary>The position of a <c>notifyhub.v1</c> client in the log, to resume without a gap or a duplicate.</summary>
public sealed class LivePosition
{
    /// <summary>The epoch of the log that the offset belongs to; null until the server sends it.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The last message received; null before the first one, unless a start was given.</summary>
    public long? Offset { get; private set; }

    /// <summary>The delay that the server asked for before a planned close. The next reconnect uses it.</summary>
    public TimeSpan? ReconnectAfter { get; set; }

    /// <summary>The delay of the error received last. It counts when the connection is then closed with 4503.</summary>
    public TimeSpan? RefusedAfter { get; set; }

    /// <summary>The query string that asks for the missed messages.</summary>
    public string Query => this switch
    {
        { Offset: null } => "",
        { Epoch: null } => $"since={Offset}",
        _ => $"since={Offset}&epoch={Uri.EscapeDataString(Epoch)}",
    };

    public void Start(long? since) => (Epoch, Offset, ReconnectAfter, RefusedAfter) = (null, since, null, null);

    /// <summary>Updates the position from a message of the server.</summary>
    public void Update(JsonElement message)
    {
        switch (Text(message, "type"))
        {
            case "subscribed" when Number(message, "offset") is { } head:
                // A new epoch is a new log, and an offset beyond the head belongs to no log we know: continue from the head.
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
                ReconnectAfter = Delay(after);
                break;
            case "error":
                RefusedAfter = Number(message, "after_ms") is { } delay ? Delay(delay) : null;
                break;
        }
    }

    private static TimeSpan Delay(long milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, 600_000));

    internal static string? Text(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    internal static long? Number(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var number) ? number : null;
}
