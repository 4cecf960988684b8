using System.Text.Json;
using NotifyHub.Gateway.Access;

namespace NotifyHub.Gateway.Api;

/// <summary>Reads what a client token is to say, by the same rules by which one is verified.</summary>
internal static class ClientTokenBody
{
    public static readonly Text NotUser = new(
        $"必須是 1 到 {ClientTokenRules.MaxUserLength} 個字元，且 user:<id> 是有效的頻道名稱",
        $"must be 1 to {ClientTokenRules.MaxUserLength} characters that make user:<id> a channel name");

    private const int DefaultSeconds = 3_600;
    private static readonly int MaxSeconds = (int)ClientTokenRules.MaxLifetime.TotalSeconds;

    private static readonly Text NotChannels = new(
        $"必須是陣列，至多 {ClientTokenRules.MaxChannels} 個頻道名稱或樣式（如 orders:*）",
        $"must be a list of at most {ClientTokenRules.MaxChannels} channel names or patterns such as orders:*");

    private static readonly Text NotCaps = new(
        $$"""必須是陣列，至多 {{ClientTokenRules.MaxCaps}} 個 {"match","allow"} 物件；match 為頻道名稱、樣式或 *，allow 的元素為：{{Actions}}""",
        $$"""
        must be a list of at most {{ClientTokenRules.MaxCaps}} objects {"match","allow"}: match is a channel name, a pattern or *,
         and allow a list of: {{Actions}}
        """.ReplaceLineEndings(""));

    private static readonly Text NotMeta = new("必須是 JSON 物件", "must be a JSON object");
    private static readonly Text NotSeconds = new($"必須是 1 到 {MaxSeconds} 的整數", $"must be an integer from 1 to {MaxSeconds}");

    private static string Actions => string.Join(", ", ClientTokenRules.Actions);

    /// <summary>Null, with faults noted.</summary>
    public static (WantedToken Token, TimeSpan Lifetime)? Read(ReadOnlyMemory<byte> body, Faults faults)
    {
        var fields = JsonFields.Parse(body, faults, "user", "channels", "caps", "meta", "expires_in");
        if (fields is null) return null;
        var user = fields.RequiredText("user", 1, ClientTokenRules.MaxUserLength);
        if (user is not null && !ClientTokenRules.IsUser(user)) faults.Add("user", NotUser);
        var channels = Channels(fields, faults);
        var caps = Caps(fields, faults);
        var meta = fields.Optional("meta", JsonValueKind.Object, NotMeta) is null
            ? null : fields.Raw("meta", ClientTokenRules.MaxMetaBytes, maxDepth: 8);
        var seconds = Seconds(fields, faults);
        return user is null || faults.Any
            ? null : (new WantedToken(user, channels, caps, meta), TimeSpan.FromSeconds(seconds));
    }

    private static int Seconds(JsonFields fields, Faults faults)
    {
        if (fields.Optional("expires_in", JsonValueKind.Number, NotSeconds) is not { } value) return DefaultSeconds;
        if (value.TryGetInt32(out var seconds) && seconds >= 1 && seconds <= MaxSeconds) return seconds;
        faults.Add("expires_in", NotSeconds);
        return 0;
    }

    private static string[]? Channels(JsonFields fields, Faults faults)
    {
        if (fields.Optional("channels", JsonValueKind.Array, NotChannels) is not { } list) return null;
        if (list.GetArrayLength() <= ClientTokenRules.MaxChannels
            && list.EnumerateArray().All(one => Text(one) is { } name && ClientTokenRules.IsChannel(name)))
            return [.. list.EnumerateArray().Select(one => one.GetString()!).Distinct(StringComparer.Ordinal)];
        faults.Add("channels", NotChannels);
        return null;
    }

    private static WantedCap[]? Caps(JsonFields fields, Faults faults)
    {
        if (fields.Optional("caps", JsonValueKind.Array, NotCaps) is not { } list) return null;
        WantedCap?[] caps = list.GetArrayLength() > ClientTokenRules.MaxCaps ? [null] : [.. list.EnumerateArray().Select(Cap)];
        if (caps.Contains(null)) faults.Add("caps", NotCaps);
        return [.. caps.OfType<WantedCap>()];
    }

    private static WantedCap? Cap(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || json.EnumerateObject().Any(field => field.Name is not ("match" or "allow"))
            || !json.TryGetProperty("match", out var match) || Text(match) is not { } channels
            || !ClientTokenRules.IsMatch(channels)
            || !json.TryGetProperty("allow", out var allow) || allow.ValueKind != JsonValueKind.Array) return null;
        string?[] words = [.. allow.EnumerateArray().Take(ClientTokenRules.MaxCaps).Select(Text).Distinct()];
        return words.Length > 0 && words.All(word => word is not null && ClientTokenRules.Actions.Contains(word))
            ? new WantedCap(channels, words!) : null;
    }

    private static string? Text(JsonElement json) => json.ValueKind == JsonValueKind.String ? json.GetString() : null;
}
