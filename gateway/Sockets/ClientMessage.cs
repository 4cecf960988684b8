using System.Text.Json;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What a client said, parsed without keeping anything but slices of its text.</summary>
public readonly ref struct ClientMessage
{
    /// <summary>A ping's <c>time</c>, the raw JSON text of whatever value it is; empty when it had none.</summary>
    public ReadOnlySpan<byte> Time { get; private init; }

    /// <summary>A subscription's last known offset.</summary>
    public long? Since { get; private init; }

    public string? Epoch { get; private init; }

    public ClientError? Fault { get; private init; }

    /// <summary>What is asked of channels.</summary>
    public ChannelRequestKind Request { get; private init; }

    /// <summary>Understands one text message. The framework has checked its UTF-8.</summary>
    public static ClientMessageKind Parse(ReadOnlySpan<byte> text, out ClientMessage message)
    {
        var fields = new Fields();
        if (!TryRead(text, ref fields))
        {
            message = new ClientMessage { Fault = ClientError.InvalidJson };
            return ClientMessageKind.Faulty;
        }

        if (Is(fields.Type, "\"ping\""u8))
        {
            message = new ClientMessage { Time = fields.Time };
            return ClientMessageKind.Ping;
        }

        if (RequestOf(fields) is { } request)
        {
            message = new ClientMessage { Request = request };
            return ClientMessageKind.Channels;
        }

        if (!Is(fields.Type, "\"subscribe\""u8)) message = new ClientMessage { Fault = ClientError.UnknownType };
        else if (!Is(fields.Channel, "\"all\""u8)) message = new ClientMessage { Fault = ClientError.UnknownChannel };
        else if (!TryReadOffset(fields.Since, out var since)) message = new ClientMessage { Fault = ClientError.Since };
        else if (!TryReadText(fields.Epoch, out var epoch)) message = new ClientMessage { Fault = ClientError.Epoch };
        else
        {
            message = new ClientMessage { Since = since, Epoch = epoch };
            return ClientMessageKind.Subscribe;
        }

        return ClientMessageKind.Faulty;
    }

    private static ChannelRequestKind? RequestOf(Fields fields) => fields.Type switch
    {
        var type when Is(type, "\"subscribe\""u8) => fields.HasChannels ? ChannelRequestKind.Subscribe : null,
        var type when Is(type, "\"unsubscribe\""u8) => ChannelRequestKind.Unsubscribe,
        var type when Is(type, "\"publish\""u8) => ChannelRequestKind.Publish,
        var type when Is(type, "\"history\""u8) => ChannelRequestKind.History,
        var type when Is(type, "\"ack\""u8) => ChannelRequestKind.Ack,
        var type when Is(type, "\"token\""u8) => ChannelRequestKind.Token,
        _ => null,
    };

    private static bool TryRead(ReadOnlySpan<byte> text, ref Fields fields)
    {
        var reader = new Utf8JsonReader(text);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var field = reader.ValueTextEquals("type"u8) ? Field.Type
                    : reader.ValueTextEquals("time"u8) ? Field.Time
                    : reader.ValueTextEquals("channel"u8) ? Field.Channel
                    : reader.ValueTextEquals("since"u8) ? Field.Since
                    : reader.ValueTextEquals("epoch"u8) ? Field.Epoch
                    : reader.ValueTextEquals("channels"u8) ? Field.Channels
                    : Field.Other;
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                fields.Set(field, text[start..(int)reader.BytesConsumed]);
            }

            // Anything behind the object makes the next read throw.
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is a name that is no text: an escaped half of a surrogate pair.
            return false;
        }
    }

    private static bool Is(ReadOnlySpan<byte> json, ReadOnlySpan<byte> expected)
    {
        if (json.SequenceEqual(expected)) return true;
        // The same string may be written with escapes.
        return json is [(byte)'"', ..] && json.Contains((byte)'\\') && ReadString(json) is { } value
            && value == ReadString(expected);
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> json, out long? offset)
    {
        offset = null;
        if (json.IsEmpty || json.SequenceEqual("null"u8)) return true;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
            return false;
        offset = value;
        return true;
    }

    private static bool TryReadText(ReadOnlySpan<byte> json, out string? text)
    {
        text = null;
        if (json.IsEmpty || json.SequenceEqual("null"u8)) return true;
        return json is [(byte)'"', ..] && (text = ReadString(json)) is not null;
    }

    /// <summary>Null: escapes that are no text, such as half a surrogate pair.</summary>
    private static string? ReadString(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private enum Field
    {
        Other,
        Type,
        Time,
        Channel,
        Since,
        Epoch,
        Channels,
    }

    /// <summary>Raw values; of a name that comes twice the last one counts, as in JavaScript.</summary>
    private ref struct Fields
    {
        public ReadOnlySpan<byte> Type;
        public ReadOnlySpan<byte> Time;
        public ReadOnlySpan<byte> Channel;
        public ReadOnlySpan<byte> Since;
        public ReadOnlySpan<byte> Epoch;
        public bool HasChannels;

        public void Set(Field field, ReadOnlySpan<byte> value)
        {
            switch (field)
            {
                case Field.Type: Type = value; break;
                case Field.Time: Time = value; break;
                case Field.Channel: Channel = value; break;
                case Field.Since: Since = value; break;
                case Field.Epoch: Epoch = value; break;
                case Field.Channels: HasChannels = true; break;
                default: break;
            }
        }
    }
}
