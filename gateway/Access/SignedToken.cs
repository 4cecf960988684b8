using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace NotifyHub.Gateway.Access;

/// <summary>A JWT in its compact form, taken apart. Nothing of it is verified.</summary>
/// <param name="Algorithm"><c>alg</c></param>
/// <param name="KeyId"><c>kid</c>, where there is one. Nothing else in the header is used: a key or an address that a token
/// brings along (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) proves nothing.</param>
/// <param name="Issuer"><c>iss</c>, where it is a string.</param>
/// <param name="Claims">A JSON object without repeated names.</param>
/// <param name="Signed">What the signature is over.</param>
/// <param name="Signature">Not empty.</param>
internal sealed record SignedToken(
    string Algorithm, string? KeyId, string? Issuer, JsonElement Claims, byte[] Signed, byte[] Signature)
{
    private const int MaxDepth = 16;

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    // A name that stands twice would be read in one way here and in another elsewhere.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <summary>Null: not a signed JWT, or one with extensions that must be understood (<c>crit</c>).</summary>
    public static SignedToken? Parse(string token)
    {
        if (token.AsSpan().ContainsAnyExcept(Characters)) return null;
        if (token.Split('.') is not [{ Length: > 0 } header, { Length: > 0 } claims, { Length: > 0 } signature]) return null;
        try
        {
            if (Object(header) is not { } head || Object(claims) is not { } body) return null;
            if (head.TryGetProperty("crit", out _) || TextOf(head, "alg") is not { } algorithm) return null;
            var keyId = TextOf(head, "kid");
            if (keyId is null && head.TryGetProperty("kid", out _)) return null;
            return new SignedToken(
                algorithm, keyId, TextOf(body, "iss"), body, Encoding.ASCII.GetBytes($"{header}.{claims}"),
                Base64Url.DecodeFromChars(signature));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            // Not base64url, not JSON, or half a surrogate pair.
            return null;
        }
    }

    private static JsonElement? Object(string part)
    {
        var utf8 = Base64Url.DecodeFromChars(part);
        if (!Utf8.IsValid(utf8)) return null;
        var json = JsonElement.Parse(utf8, Strict);
        return json.ValueKind == JsonValueKind.Object ? json : null;
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
