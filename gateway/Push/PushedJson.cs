using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace NotifyHub.Gateway.Push;

/// <summary>The one check of what internal services push, on TCP lines and in REST bodies alike.</summary>
public static class PushedJson
{
    /// <summary>How deep objects and arrays may nest; the outermost object is 1.</summary>
    public const int MaxDepth = 64;

    // One level more than allowed: at its own limit the reader throws what it also throws for broken JSON.
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth + 1 };

    /// <summary>
    /// Null when the text is exactly one JSON object, UTF-8, nested at most <see cref="MaxDepth"/> deep, with nothing but JSON
    /// whitespace around it; otherwise a short English reason, one line, without any of the text itself. How long it may be is
    /// the caller's to bound. Allocates nothing for a good text.
    /// </summary>
    public static string? Fault(ReadOnlySpan<byte> utf8)
    {
        // The reader skips over the bytes inside strings: unchecked, invalid UTF-8 would reach every client as a broken text
        // frame, and each of them would have to close with 1007.
        if (!Utf8.IsValid(utf8)) return "not valid UTF-8";

        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        try
        {
            reader.Read();
            var isObject = reader.TokenType == JsonTokenType.StartObject;
            // To the end even when it is no object: what is not JSON at all is called that, whatever it begins with.
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth)
                    return $"nested deeper than {MaxDepth}";
            }

            return isObject ? null : "not a JSON object";
        }
        catch (JsonException broken)
        {
            // Not the exception's own words: they quote the text, line ends included, which would break a line protocol.
            return $"not valid JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}";
        }
    }

    /// <summary>The W3C trace that a good text names in its outermost object, in the field <c>traceparent</c>; null when there is
    /// none, or it is none.</summary>
    public static ActivityContext? Trace(ReadOnlySpan<byte> utf8)
    {
        // Fast path: most texts have none.
        if (utf8.IndexOf("\"traceparent\""u8) < 0) return null;
        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTrace = reader.ValueTextEquals("traceparent"u8);
            reader.Read();
            if (isTrace)
            {
                return reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= 128
                    && ActivityContext.TryParse(Encoding.UTF8.GetString(reader.ValueSpan), null, isRemote: true, out var context)
                        ? context
                        : null;
            }

            reader.Skip();
        }

        return null;
    }
}
