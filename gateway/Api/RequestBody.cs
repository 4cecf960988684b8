using System.Security.Cryptography;
using System.Text.Json;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Push;

namespace NotifyHub.Gateway.Api;

/// <summary>The bytes of a request, and what they are cut into before anything is parsed.</summary>
internal static class RequestBody
{
    /// <summary>How many elements a batch may have.</summary>
    public const int MaxBatch = 1_000;

    public const string IdempotencyHeader = "Idempotency-Key";

    private const int MaxKey = 255;

    // A body must arrive in this time, and what it takes at this rate: 8 s for a login, 4½ minutes for the largest batch.
    private const int BytesPerSecond = 64 << 10;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    private const int FirstBuffer = 4 << 10;

    /// <summary>Past this much of a body, its declared length is believed.</summary>
    private const int Credible = 256 << 10;

    /// <summary>Reads the whole body, within the endpoint's bound, its time and the budget of all bodies.</summary>
    /// <exception cref="BadHttpRequestException">It is too large (413), or did not arrive in time (408).</exception>
    /// <exception cref="RefusedException">The memory limit is reached.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        var context = request.HttpContext;
        var services = context.RequestServices;
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>()?.Bytes
            ?? throw new InvalidOperationException($"The endpoint {context.GetEndpoint()} reads a body and has no limit for it.");
        // Held until the answer is sent: objects made from the body live that long.
        var hold = new BodyHold(services.GetRequiredService<BodyBudget>(), context.Partition());
        context.Response.RegisterForDispose(hold);
        using var late = new CancellationTokenSource(
            Grace + TimeSpan.FromSeconds(limit / (double)BytesPerSecond), services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await ReadAsync(request, (int)limit, hold, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body took too long.", StatusCodes.Status408RequestTimeout);
        }
    }

    // Memory follows what has come, never what a header promises.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpRequest request, int limit, BodyHold hold, CancellationToken cancellation)
    {
        var buffer = new byte[FirstBuffer];
        var length = 0;
        while (await request.Body.ReadAsync(buffer.AsMemory(length), cancellation) is > 0 and var count)
        {
            length += count;
            if (length < buffer.Length) continue;
            // One byte more than was declared, so that the end is seen without growing again.
            var grown = length >= Credible && request.ContentLength is { } declared ? declared : buffer.Length * 2L;
            var next = (int)Math.Min(limit, grown) + 1;
            if (next <= length) throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);
            hold.GrowTo(next);
            Array.Resize(ref buffer, next);
        }

        return buffer.AsMemory(0, length);
    }

    /// <summary>The first byte that is not JSON whitespace is a bracket: a batch.</summary>
    public static bool IsArray(ReadOnlySpan<byte> utf8)
    {
        var start = utf8.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && utf8[start] == (byte)'[';
    }

    /// <summary>
    /// The elements of a JSON array, each exactly the bytes it was sent as: serialising again would change numbers, escapes and
    /// the order of keys. Empty with a fault noted when it is not an array of 1 to
    /// <paramref name="max"/> elements.
    /// </summary>
    public static List<ReadOnlyMemory<byte>> Elements(ReadOnlyMemory<byte> utf8, Faults faults, int max = MaxBatch)
    {
        List<ReadOnlyMemory<byte>> elements = [];
        // Deeper than any element may be, so that a fault of one element is reported with its index, not as one of the array.
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
                if (elements.Count <= max) elements.Add(utf8[start..(int)reader.BytesConsumed]);
            }

            // To the end: what stands after the array makes the whole of it no JSON.
            reader.Read();
        }
        catch (JsonException broken)
        {
            faults.Add(Faults.Body, JsonFields.NotJson(broken));
            return [];
        }

        if (elements.Count > 0 && elements.Count <= max) return elements;
        faults.Add(Faults.Body, new($"必須有 1 到 {max} 個元素", $"must have 1 to {max} elements"));
        return [];
    }

    /// <summary>Distinguishes requests under one key; null without a key.</summary>
    public static byte[]? Hash(string? key, ReadOnlyMemory<byte> body) => key is null ? null : SHA256.HashData(body.Span);

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
