using System.Security.Claims;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Push;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>Reads what is to be published to channels, and checks it as a whole: one bad item changes nothing.</summary>
internal sealed class MessageReader(ClaimsPrincipal caller, ChannelDrafts drafts, DateTimeOffset now, int maxBytes)
{
    /// <summary>Messages of one call: one per item and channel.</summary>
    public const int MaxChannels = 10_000;

    public const int KeyLength = 255;
    public const int MaxTtl = 30 * 24 * 60 * 60;
    private const int MaxUserLength = 128;

    // A quarter of what may wait for the disk in a silo.
    private const long MaxCallBytes = 16 << 20;

    private static readonly string[] Targets = ["channel", "channels", "users"];
    private static readonly string[] Names = [.. Targets, "data", "key", "ttl", "priority"];

    private readonly Faults _faults = new();
    private readonly Faults _forbidden = new();
    private readonly Faults _tooLarge = new();
    private int _badNames;
    private bool _isFull;
    private bool _isList;
    private long _bytes;

    public List<ChannelMessage> Messages { get; } = [];

    /// <summary>The faults of the request's own fields.</summary>
    public Faults Faults => _faults;

    /// <summary>Reads one item, or an array of them.</summary>
    /// <returns>The caller sent, or asked for, more than one message: the answer is a list.</returns>
    public bool Read(ReadOnlyMemory<byte> body)
    {
        _isList = RequestBody.IsArray(body.Span);
        if (!_isList) return Read(body, _faults, _forbidden, _tooLarge);

        // One more than there may be channels, so that too many are called that.
        var items = RequestBody.Elements(body, _faults, MaxChannels + 1);
        for (var index = 0; index < items.Count && !_isFull; index++)
            Read(items[index], _faults.OfElement(index), _forbidden.OfElement(index), _tooLarge.OfElement(index));
        return true;
    }

    /// <summary>Why nothing may be published; null: all of it may.</summary>
    public Failure? Refusal()
    {
        if (_isFull) return new Failure(ErrorCatalogue.TooManyChannels);
        // The one item's one fault has a code of its own; among many items the details say which.
        if (_faults.Any)
            return !_isList && _badNames == _faults.Count ? new Failure(ErrorCatalogue.InvalidChannel, _faults)
                : Failure.Invalid(_faults);
        if (_forbidden.Any) return new Failure(ErrorCatalogue.Forbidden, _forbidden);
        return _tooLarge.Any ? new Failure(ErrorCatalogue.PayloadTooLarge, _tooLarge) : null;
    }

    private bool Read(ReadOnlyMemory<byte> item, Faults faults, Faults forbidden, Faults tooLarge)
    {
        if (JsonFields.Parse(item, faults, Names, opaque: "data") is not { } fields) return false;

        var channels = Channels(fields, faults, forbidden);
        var data = Data(fields, faults);
        var key = fields.OptionalText("key", KeyLength, min: 1);
        var ttl = fields.OptionalNumber("ttl", 1, MaxTtl);
        var priority = fields.OptionalChoice("priority", Priority.All);
        DateTimeOffset? expiresAt = ttl is { } seconds ? now.AddSeconds(seconds) : null;
        foreach (var channel in channels)
        {
            if (Messages.Count == MaxChannels)
            {
                _isFull = true;
                break;
            }

            CheckSize(channel, data, tooLarge);
            if (channel == GrainKeys.PublicChannel) RefuseInPublic(key, ttl, faults);
            Messages.Add(new ChannelMessage(channel, data, key, expiresAt, priority));
        }

        return !fields.Has("channel");
    }

    private List<string> Channels(JsonFields fields, Faults faults, Faults forbidden)
    {
        if (Targets.Count(fields.Has) != 1)
        {
            faults.Add("channel", new(
                "channel、channels、users 必須恰有一項", "exactly one of channel, channels and users must be given"));
            return [];
        }

        if (fields.Has("channel"))
        {
            if (fields.OptionalText("channel", int.MaxValue) is { } name) return Check(name, "channel", faults, forbidden);
            faults.Add("channel", new("此欄位為必填", "is required"));
            return [];
        }

        var isUsers = fields.Has("users");
        var list = isUsers ? "users" : "channels";
        if (fields.OptionalTexts(list) is not { } names)
        {
            faults.Add(list, new("此欄位為必填", "is required"));
            return [];
        }

        _isFull |= names.Count > MaxChannels;
        return
        [
            .. names.Take(MaxChannels).Distinct(StringComparer.Ordinal).SelectMany((name, index) => isUsers
                ? CheckUser(name, $"users[{index}]", faults, forbidden)
                : Check(name, $"channels[{index}]", faults, forbidden)),
        ];
    }

    private List<string> CheckUser(string user, string field, Faults faults, Faults forbidden)
    {
        var channel = $"{ChannelName.UserNamespace}:{user}";
        if (user.Length <= MaxUserLength && ChannelName.IsValid(channel)) return Check(channel, field, faults, forbidden);
        faults.Add(field, new("不是使用者識別碼", "is not a user's id"));
        return [];
    }

    private List<string> Check(string name, string field, Faults faults, Faults forbidden)
    {
        if (name.StartsWith('$'))
        {
            forbidden.Add(field, new("以 $ 開頭的頻道屬於系統", "channels that start with $ are the system's"));
        }
        else if (!ChannelName.IsValid(name))
        {
            var count = faults.Count;
            faults.Add(field, ChannelEndpoints.NoName(name));
            _badNames += faults.Count - count;
        }
        else if (!caller.MayPublishTo(name))
        {
            forbidden.Add(field, new("此 API 金鑰不得發布至此頻道", "this API key may not publish to this channel"));
        }
        else
        {
            return [name];
        }

        return [];
    }

    private static byte[] Data(JsonFields fields, Faults faults)
    {
        var data = fields.Bytes("data");
        if (data.Length == 0) faults.Add("data", new("此欄位為必填", "is required"));
        else if (PushedJson.Fault(data) is { } fault) faults.Add("data", new($"不正確的 JSON 物件：{fault}", fault));
        return data;
    }

    private void CheckSize(string channel, byte[] data, Faults tooLarge)
    {
        var max = drafts.MaxBytes(channel) ?? maxBytes;
        if (data.Length > max)
            tooLarge.Add("data", new($"不得超過此頻道的 {max} 位元組", $"longer than the {max} bytes of this channel's messages"));
        // Each channel stores it.
        _bytes += data.Length;
        if (_bytes > MaxCallBytes)
        {
            tooLarge.Add("data", new(
                $"一次呼叫的 data × 頻道數不得超過 {MaxCallBytes} 位元組",
                $"data times channels of one call must be at most {MaxCallBytes} bytes"));
        }
    }

    private static void RefuseInPublic(string? key, int? ttl, Faults faults)
    {
        if (key is not null) faults.Add("key", new("頻道 all 的訊息沒有 key", "messages of the channel all have no key"));
        if (ttl is not null) faults.Add("ttl", new("頻道 all 的訊息沒有 ttl", "messages of the channel all have no ttl"));
    }
}
