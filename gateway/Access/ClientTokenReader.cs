using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NotifyHub.Gateway.Access;

/// <summary>Judges the claims of a client token whose signature is good.</summary>
/// <param name="issuer">What <c>iss</c> must be; "": anything.</param>
/// <param name="audience">What <c>aud</c> must be or contain; "": anything.</param>
internal sealed class ClientTokenReader(string issuer, string audience, TimeProvider time)
{
    // The last second of the year 9999.
    private const double MaxSeconds = 253_402_300_799;

    private static readonly TokenVerdict Invalid = TokenVerdict.Refuse(TokenFault.Invalid);

    public TokenVerdict Read(JsonElement claims)
    {
        try
        {
            return ReadClaims(claims);
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair.
            return Invalid;
        }
    }

    private TokenVerdict ReadClaims(JsonElement claims)
    {
        if (!IsFor(claims)
            || !TryTime(claims, "iat", out var issuedAt) || issuedAt is not { } issued
            || !TryTime(claims, "exp", out var expiresAt) || expiresAt is not { } expires
            || !TryTime(claims, "nbf", out var notBefore)
            || !TryText(claims, "sub", ClientTokenRules.MaxUserLength, out var user) || user is null
            || !ClientTokenRules.IsUser(user)
            || !TryText(claims, "jti", ClientTokenRules.MaxIdLength, out var id)
            || !TryChannels(claims, out var channels)
            || !TryCaps(claims, out var caps)
            || !TryMeta(claims, out var meta)) return Invalid;

        var now = time.GetUtcNow();
        var soon = now + ClientTokenRules.Skew;
        if (issued > soon || notBefore > soon || expires <= issued) return Invalid;
        var end = (issued < DateTimeOffset.MaxValue - ClientTokenRules.MaxAge && issued + ClientTokenRules.MaxAge < expires
            ? issued + ClientTokenRules.MaxAge : expires) + ClientTokenRules.Skew;
        if (end <= now) return TokenVerdict.Refuse(TokenFault.Expired);
        var token = new ClientToken(user, issued, id, channels, caps, meta);
        return TokenVerdict.Accept(new ClientPrincipal(null, 0, null, end, Token: token));
    }

    private bool IsFor(JsonElement claims)
    {
        if (issuer.Length > 0 && !IsText(claims, "iss", issuer)) return false;
        if (audience.Length == 0 || IsText(claims, "aud", audience)) return true;
        return claims.TryGetProperty("aud", out var list) && list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(audience));
    }

    private static bool IsText(JsonElement claims, string name, string text) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    /// <summary>Seconds since 1970, with fractions where the issuer gives some. Absent is no fault, nor is it a time.</summary>
    private static bool TryTime(JsonElement claims, string name, out DateTimeOffset? at)
    {
        at = null;
        if (!claims.TryGetProperty(name, out var value)) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds)
            || seconds is not (>= 0 and <= MaxSeconds)) return false;
        at = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds * 1000));
        return true;
    }

    private static bool TryText(JsonElement claims, string name, int max, out string? text)
    {
        text = null;
        if (!claims.TryGetProperty(name, out var value)) return true;
        if (value.ValueKind != JsonValueKind.String) return false;
        text = value.GetString()!;
        return text.Length >= 1 && text.Length <= max;
    }

    private static bool TryChannels(JsonElement claims, [NotNullWhen(true)] out string[]? channels)
    {
        channels = [];
        if (!claims.TryGetProperty("channels", out var list)) return true;
        channels = null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > ClientTokenRules.MaxChannels) return false;
        List<string> names = [];
        foreach (var one in list.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String || one.GetString() is not { } name || !ClientTokenRules.IsChannel(name))
                return false;
            names.Add(name);
        }

        channels = [.. names.Distinct(StringComparer.Ordinal)];
        return true;
    }

    private static bool TryCaps(JsonElement claims, [NotNullWhen(true)] out ChannelCap[]? caps)
    {
        caps = [];
        if (!claims.TryGetProperty("caps", out var list)) return true;
        caps = null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > ClientTokenRules.MaxCaps) return false;
        List<ChannelCap> all = [];
        foreach (var one in list.EnumerateArray())
        {
            if (Cap(one) is not { } cap) return false;
            all.Add(cap);
        }

        caps = [.. all];
        return true;
    }

    // Exactly the two fields: what is not understood might have been meant to restrict.
    private static ChannelCap? Cap(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || json.EnumerateObject().Count() != 2
            || !json.TryGetProperty("match", out var match) || match.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("allow", out var allow) || allow.ValueKind != JsonValueKind.Array
            || allow.GetArrayLength() is 0 or > 4
            || !ClientTokenRules.IsMatch(match.GetString()!)) return null;
        var actions = ChannelActions.None;
        foreach (var word in allow.EnumerateArray())
        {
            var action = word.ValueKind == JsonValueKind.String ? ClientTokenRules.Action(word.GetString()!) : 0;
            if (action == ChannelActions.None) return null;
            actions |= action;
        }

        return new ChannelCap(match.GetString()!, actions);
    }

    private static bool TryMeta(JsonElement claims, out string? meta)
    {
        meta = null;
        if (!claims.TryGetProperty("meta", out var value)) return true;
        if (value.ValueKind != JsonValueKind.Object) return false;
        var utf8 = JsonMarshal.GetRawUtf8Value(value);
        if (utf8.Length > ClientTokenRules.MaxMetaBytes) return false;
        // It is passed on as it is: every string in it must be one that all clients can read. Throws at half a surrogate pair.
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) _ = reader.GetString();
        meta = value.GetRawText();
        return true;
    }
}
