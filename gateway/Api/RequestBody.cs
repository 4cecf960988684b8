using System.Security.Cryptography;
using System.Text.Json;
using NotifyHub.Gateway.Push;

namespace NotifyHub.Gateway.Api;

/// <summary>The bytes of a request, and what they are cut into before anything is parsed.</summary>
internal static class RequestBody
{
    /// <summary>How many elements a batch may have.</summary>
    public const int MaxBatch = 1_000;

    public const string IdempotencyHeader = "Idempotency-Key";

    private const int MaxKey = 255;

    /// <summary>Reads the whole body; the web server bounds it (413).</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream((int)Math.Min(request.ContentLength ?? 4096, 1 << 20));
        await request.Body.CopyToAsync(buffer, cancellation);
        return buffer.ToArray();
    }

    /// <summary>The first byte that is not JSON whitespace is a bracket: a batch.</summary>
    public static bool IsArray(ReadOnlySpan<byte> utf8)
    {
        var start = utf8.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && utf8[start] == (byte)'[';
    }

    /// <summary>
    /// The elements of a JSON array, each exactly the bytes it was sent as: serialising it anew would change numbers, escapes and
    /// the order of keys. Empty with a fault noted when it is not an array of 1 to <see cref="MaxBatch"/> elements.
    /// </summary>
    public static List<ReadOnlyMemory<byte>> Elements(ReadOnlyMemory<byte> utf8, Faults faults)
    {
        List<ReadOnlyMemory<byte>> elements = [];
        // Deeper than any element may be, so that a fault of one element is told with its index and not as a fault of the array.
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = PushedJson.MaxDepth * 16 });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                faults.Add(Faults.Body, new("必須是 JSON 陣列", "must be a JSON array"));
                return [];
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (elements.Count <= MaxBatch) elements.Add(utf8[start..(int)reader.BytesConsumed]);
            }

            // To the end: what stands after the array makes the whole of it no JSON.
            reader.Read();
        }
        catch (JsonException broken)
        {
            faults.Add(Faults.Body, JsonFields.NotJson(broken));
            return [];
        }

        if (elements.Count is > 0 and <= MaxBatch) return elements;
        faults.Add(Faults.Body, new($"必須有 1 到 {MaxBatch} 個元素", $"must have 1 to {MaxBatch} elements"));
        return [];
    }

    /// <summary>Tells requests under one key apart; null without a key.</summary>
    public static byte[]? Hash(string? key, byte[] body) => key is null ? null : SHA256.HashData(body);

    /// <summary>
    /// The caller's <c>Idempotency-Key</c>, made the caller's and the endpoint's own: two services that count from 1 must not
    /// answer each other's requests. Null without the header.
    /// </summary>
    public static string? IdempotencyKey(HttpContext context, string endpoint, Faults faults)
    {
        var header = context.Request.Headers[IdempotencyHeader];
        if (header.Count == 0) return null;

        var key = header.ToString();
        if (header.Count == 1 && key.Length is >= 1 and <= MaxKey && !key.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return $"{context.User.CallerId()}/{endpoint}/{key}";

        faults.Add(IdempotencyHeader, new($"必須是 1 到 {MaxKey} 個可見 ASCII 字元", $"must be 1 to {MaxKey} visible ASCII characters"));
        return null;
    }
}
