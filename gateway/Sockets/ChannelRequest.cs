using System.Runtime.InteropServices;
using System.Text.Json;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A client's message about channels. What it does not carry is null.</summary>
/// <param name="Kind">What is wanted.</param>
/// <param name="Id">The client's own <c>id</c>, as the JSON that it wrote.</param>
public sealed record ChannelRequest(ChannelRequestKind Kind, byte[]? Id)
{
    /// <summary>The most that <c>last</c> and <c>limit</c> may ask for.</summary>
    public const int MaxHistory = 500;

    private const int MaxIdBytes = 128;

    /// <summary>Of <c>subscribe</c> and <c>unsubscribe</c>.</summary>
    public IReadOnlyList<ChannelPlace> Places { get; private init; } = [];

    public string? Position { get; private init; }

    public string? Epoch { get; private init; }

    /// <summary>Of <c>publish</c> and <c>history</c>; may be invalid.</summary>
    public string Channel { get; private init; } = "";

    /// <summary>Of <c>publish</c>: an object, as it was written.</summary>
    public byte[] Data { get; private init; } = [];

    public string? Key { get; private init; }

    /// <summary>Seconds.</summary>
    public int? Ttl { get; private init; }

    public long? Before { get; private init; }

    public int Limit { get; private init; } = MaxHistory;

    public string Token { get; private init; } = "";

    /// <summary>Understands one text message; false: <paramref name="fault"/> says what is wrong with it.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="kind">Its type, already known.</param>
    /// <param name="request">What it asks for; of one that is faulty, its <see cref="Id"/> where that is readable.</param>
    /// <param name="fault">What is wrong, for people.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, ChannelRequestKind kind, out ChannelRequest request, out string? fault)
    {
        request = new ChannelRequest(kind, null);
        using var document = JsonDocument.Parse(text.ToArray());
        var message = document.RootElement;
        fault = null;
        if (!TryReadId(message, out var id))
        {
            fault = "id must be a string or an integer.";
            return false;
        }

        request = new ChannelRequest(kind, id);
        fault = kind switch
        {
            ChannelRequestKind.Subscribe => ReadSubscribe(message, ref request),
            ChannelRequestKind.Unsubscribe => ReadUnsubscribe(message, ref request),
            ChannelRequestKind.Publish => ReadPublish(message, ref request),
            ChannelRequestKind.History => ReadHistory(message, ref request),
            ChannelRequestKind.Ack => ReadAck(message, ref request),
            _ => ReadToken(message, ref request),
        };
        return fault is null;
    }

    private static bool TryReadId(JsonElement message, out byte[]? id)
    {
        id = null;
        if (!message.TryGetProperty("id", out var value) || value.ValueKind == JsonValueKind.Null) return true;
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (raw.Length > MaxIdBytes) return false;
        if (value.ValueKind != JsonValueKind.String && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _)))
            return false;
        id = raw.ToArray();
        return true;
    }

    private static string? ReadSubscribe(JsonElement message, ref ChannelRequest request)
    {
        if (ReadPlaces(message, out var places) is { } fault) return fault;
        if (!TryText(message, "position", Channels.Position.MaxLength, out var position))
            return "position must be a string of at most 512 bytes.";
        if (!TryText(message, "epoch", 64, out var epoch)) return "epoch must be a string.";
        request = request with { Places = places, Position = position, Epoch = epoch };
        return null;
    }

    private static string? ReadUnsubscribe(JsonElement message, ref ChannelRequest request)
    {
        if (ReadPlaces(message, out var places) is { } fault) return fault;
        request = request with { Places = places };
        return null;
    }

    private static string? ReadPlaces(JsonElement message, out List<ChannelPlace> places)
    {
        const string Wrong = "channels must be an array of names, or of objects with a channel and a since or last.";
        places = [];
        if (!message.TryGetProperty("channels", out var channels) || channels.ValueKind != JsonValueKind.Array) return Wrong;
        foreach (var channel in channels.EnumerateArray())
        {
            if (TryString(channel) is { } name)
            {
                places.Add(new ChannelPlace(name));
                continue;
            }

            if (channel.ValueKind != JsonValueKind.Object || !channel.TryGetProperty("channel", out var named)
                || TryString(named) is not { } text) return Wrong;
            if (!TryNumber(channel, "since", 0, long.MaxValue, out var since))
                return "since must be an offset: an integer from 0.";
            if (!TryNumber(channel, "last", 1, MaxHistory, out var last))
                return $"last must be an integer from 1 to {MaxHistory}.";
            if (since is not null && last is not null) return "since and last exclude each other.";
            places.Add(new ChannelPlace(text, since, (int?)last));
        }

        return null;
    }

    private static string? ReadPublish(JsonElement message, ref ChannelRequest request)
    {
        if (!TryText(message, "channel", int.MaxValue, out var channel) || channel is null) return "channel must be a name.";
        if (!message.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
            return "data must be a JSON object.";
        if (!TryText(message, "key", 255, out var key) || key is "") return "key must be a string of 1 to 255 characters.";
        if (!TryNumber(message, "ttl", 1, 30 * 24 * 3600, out var ttl)) return "ttl must be seconds, from 1 to 30 days.";
        var raw = JsonMarshal.GetRawUtf8Value(data).ToArray();
        request = request with { Channel = channel, Data = raw, Key = key, Ttl = (int?)ttl };
        return null;
    }

    private static string? ReadHistory(JsonElement message, ref ChannelRequest request)
    {
        if (!TryText(message, "channel", int.MaxValue, out var channel) || channel is null) return "channel must be a name.";
        if (!TryNumber(message, "before", 1, long.MaxValue, out var before))
            return "before must be an offset: an integer from 1.";
        if (!TryNumber(message, "limit", 1, MaxHistory, out var limit))
            return $"limit must be an integer from 1 to {MaxHistory}.";
        request = request with { Channel = channel, Before = before, Limit = (int)(limit ?? MaxHistory) };
        return null;
    }

    private static string? ReadAck(JsonElement message, ref ChannelRequest request)
    {
        if (!TryText(message, "position", Channels.Position.MaxLength, out var position) || position is null)
            return "position must be a string of at most 512 bytes.";
        request = request with { Position = position };
        return null;
    }

    private static string? ReadToken(JsonElement message, ref ChannelRequest request)
    {
        if (!TryText(message, "token", int.MaxValue, out var token) || token is null) return "token must be a string.";
        request = request with { Token = token };
        return null;
    }

    private static bool TryText(JsonElement message, string name, int maxLength, out string? text)
    {
        text = null;
        if (!message.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return true;
        text = TryString(value);
        return text is not null && text.Length <= maxLength;
    }

    private static bool TryNumber(JsonElement message, string name, long from, long to, out long? number)
    {
        number = null;
        if (!message.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var found) || found < from || found > to)
            return false;
        number = found;
        return true;
    }

    /// <summary>Null: no string, or one with escapes that are no text, such as half a surrogate pair.</summary>
    private static string? TryString(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
