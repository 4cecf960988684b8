using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace NotifyHub.Gateway.Api;

/// <summary>Reads the fields of one JSON object; whatever is wrong with them is noted, a field each.</summary>
public sealed class JsonFields
{
    // The reader's own bound. A field that may nest has its own, lower one, so that the fault names the field.
    private const int MaxDepth = 1_000;

    private const int MaxTimeLength = 64;

    private static readonly Text Required = new("此欄位為必填", "is required");
    private static readonly Text NotText = new("必須是字串", "must be a string");
    private static readonly Text Nul = new("不得包含 U+0000", "must not contain U+0000");
    private static readonly Text NoSuchField = new("沒有此欄位", "there is no such field");
    private static readonly Text LoneSurrogate = new("不得包含不成對的 surrogate", "must not contain a lone surrogate");

    private readonly JsonElement _root;
    private readonly Faults _faults;

    private JsonFields(JsonElement root, Faults faults) => (_root, _faults) = (root, faults);

    /// <summary>Null, with a fault noted, when the body is not one JSON object in UTF-8.</summary>
    /// <param name="names">All fields that the object may have. A fault is noted on every other one: a misspelt field must not be
    /// mistaken for one that was left out.</param>
    public static JsonFields? Parse(ReadOnlyMemory<byte> utf8, Faults faults, params IReadOnlyList<string> names) =>
        Parse(utf8, faults, names, opaque: null);

    /// <summary>The same, except that one field may have any characters inside: it is passed on as it is.</summary>
    /// <param name="opaque">The field's name; null: none.</param>
    public static JsonFields? Parse(ReadOnlyMemory<byte> utf8, Faults faults, IReadOnlyList<string> names, string? opaque)
    {
        if (!Utf8.IsValid(utf8.Span))
        {
            faults.Add(Faults.Body, new("不是有效的 UTF-8", "not valid UTF-8"));
            return null;
        }

        try
        {
            // Before anything is looked up: a string that cannot become text makes every look-up throw that meets it.
            if (!NoteForbiddenCharacters(utf8.Span, faults, opaque)) return null;
            var root = JsonElement.Parse(utf8.Span, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (root.ValueKind == JsonValueKind.Object)
            {
                foreach (var field in root.EnumerateObject()) faults.AddUnlessKnown(field.Name, names, NoSuchField);
                return new JsonFields(root, faults);
            }

            faults.Add(Faults.Body, new("必須是 JSON 物件", "must be a JSON object"));
        }
        catch (JsonException broken)
        {
            faults.Add(Faults.Body, NotJson(broken));
        }

        return null;
    }

    public static Text NotJson(JsonException broken)
    {
        var (line, at) = (broken.LineNumber + 1, broken.BytePositionInLine + 1);
        return new($"不是有效的 JSON（第 {line} 行，第 {at} 位元組）", $"not valid JSON: line {line}, byte {at}");
    }

    /// <summary>A string with a length within the bounds, or null with a fault noted.</summary>
    public string? RequiredText(string name, int min, int max)
    {
        var text = OptionalText(name, max, min);
        if (text is null) _faults.Add(name, Required);
        return text;
    }

    /// <summary>A list of some of the words, each once; null when absent, JSON null, or wrong (with a fault noted).</summary>
    public string[]? OptionalChoices(string name, IReadOnlyList<string> words)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() > 0
            && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String && words.Contains(one.GetString())))
            return [.. words.Where(word => value.EnumerateArray().Any(one => one.GetString() == word))];
        var list = string.Join(", ", words);
        _faults.Add(name, new($"必須是非空的陣列，元素為：{list}", $"must be a list of at least one of: {list}"));
        return null;
    }

    /// <summary>Null when absent, JSON null, or wrong (with a fault noted). Characters are counted as Unicode scalar values, as
    /// people and PostgreSQL count them: an emoji outside the BMP is one.</summary>
    public string? OptionalText(string name, int max, int min = 0)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String)
        {
            _faults.Add(name, NotText);
            return null;
        }

        var text = value.GetString()!;
        var length = text.Length - text.AsSpan().CountLowSurrogates();
        if (length >= min && length <= max) return text;
        _faults.Add(name, new($"長度必須為 {min} 到 {max} 個字元", $"must be {min} to {max} characters long"));
        return null;
    }

    /// <summary>An address that leads to the web, as it was sent; null when absent, JSON null, empty, or wrong (with a fault
    /// noted). People click on it, and <c>javascript:</c> or <c>data:</c> would run in the page that shows it.</summary>
    public string? OptionalWebLink(string name, int max)
    {
        if (OptionalText(name, max) is not { Length: > 0 } text) return null;
        var isLink = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            // Browsers drop blanks and control characters or fail at them: the address must have one reading only.
            && !text.AsSpan().ContainsAnyInRange('\0', ' ') && !text.AsSpan().ContainsAny('\\', '\u007f');
        if (isLink) return text;
        _faults.Add(name, new("必須是 http 或 https 網址", "must be an http or https address"));
        return null;
    }

    /// <summary>One of the words; absent or JSON null is <paramref name="otherwise"/>, and without that a fault.</summary>
    public string? Choice(string name, IReadOnlyList<string> words, string? otherwise = null)
    {
        if (Value(name) is not { } value)
        {
            if (otherwise is null) _faults.Add(name, Required);
            return otherwise;
        }

        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } word && words.Contains(word)) return word;
        _faults.Add(name, NotOneOf(words));
        return null;
    }

    /// <summary>An RFC 3339 time with its offset from UTC; null when absent, JSON null, or wrong (with a fault noted).</summary>
    public DateTimeOffset? OptionalTime(string name)
    {
        if (OptionalText(name, MaxTimeLength) is not { } text) return null;
        if (Rfc3339.TryParse(text, out var time)) return time;
        _faults.Add(name, Rfc3339.Fault);
        return null;
    }

    /// <summary>One of the words, or null when absent, JSON null, or wrong (with a fault noted).</summary>
    public string? OptionalChoice(string name, IReadOnlyList<string> words) => Value(name) is null ? null : Choice(name, words);

    /// <summary>Null when absent, JSON null, or wrong (with a fault noted).</summary>
    public bool? OptionalTruth(string name)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        _faults.Add(name, new("必須是 true 或 false", "must be true or false"));
        return null;
    }

    /// <summary>An integer within the bounds, or null when absent, JSON null, or wrong (with a fault noted).</summary>
    public int? OptionalNumber(string name, int min, int max)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
            return number;
        _faults.Add(name, new($"必須是 {min} 到 {max} 的整數", $"must be an integer from {min} to {max}"));
        return null;
    }

    /// <summary>The field is there, with JSON null perhaps.</summary>
    public bool Has(string name) => _root.TryGetProperty(name, out _);

    /// <summary>A list of strings; null when absent, JSON null, or wrong (with a fault noted).</summary>
    public List<string>? OptionalTexts(string name)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
            && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String))
            return [.. value.EnumerateArray().Select(one => one.GetString()!)];
        _faults.Add(name, new("必須是非空的字串陣列", "must be a list of at least one string"));
        return null;
    }

    /// <summary>The bytes of any JSON value, as it was sent; empty when absent or JSON null.</summary>
    public byte[] Bytes(string name) =>
        Value(name) is { } value ? JsonMarshal.GetRawUtf8Value(value).ToArray() : [];

    /// <summary>A value of this kind; null when absent, JSON null, or of another kind (with a fault noted).</summary>
    public JsonElement? Optional(string name, JsonValueKind kind, Text fault)
    {
        if (Value(name) is not { } value) return null;
        if (value.ValueKind == kind) return value;
        _faults.Add(name, fault);
        return null;
    }

    /// <summary>Any JSON value, as it was sent; null when absent, JSON null, or too much (with a fault noted).</summary>
    public string? Raw(string name, int maxBytes, int maxDepth)
    {
        if (Value(name) is not { } value) return null;
        var utf8 = JsonMarshal.GetRawUtf8Value(value);
        if (utf8.Length > maxBytes)
            _faults.Add(name, new($"不得超過 {maxBytes} 位元組", $"must not be longer than {maxBytes} bytes"));
        else if (Depth(utf8) > maxDepth)
            _faults.Add(name, new($"巢狀不得超過 {maxDepth} 層", $"must not be nested deeper than {maxDepth}"));
        else
            return value.GetRawText();
        return null;
    }

    public static Text NotOneOf(IReadOnlyList<string> words)
    {
        var list = string.Join(", ", words);
        return new($"必須是以下之一：{list}", $"must be one of: {list}");
    }

    // A field that already has a fault is not read: its characters are the ones that cannot be.
    private JsonElement? Value(string name) =>
        !_faults.Has(name) && _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int Depth(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        var deepest = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                deepest = Math.Max(deepest, reader.CurrentDepth + 1);
        }

        return deepest;
    }

    // Walks every string, nested and unknown ones too, and notes a fault on the field it belongs to. False: a name of the object
    // itself is bad, and then no field can be looked up.
    private static bool NoteForbiddenCharacters(ReadOnlySpan<byte> utf8, Faults faults, string? opaque)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        var field = Faults.Body;
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) continue;
            var isFieldName = reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1;
            if (reader.ValueIsEscaped && Forbidden(reader.ValueSpan) is { } what)
            {
                faults.Add(isFieldName ? Faults.Body : field, what);
                if (isFieldName) return false;
            }

            if (!isFieldName) continue;
            field = reader.GetString()!;
            if (field == opaque && reader.Read()) reader.Skip();
        }

        return true;
    }

    // Only escapes can hide them: a raw NUL is not JSON, and a raw surrogate is not UTF-8.
    private static Text? Forbidden(ReadOnlySpan<byte> escaped)
    {
        var afterHigh = false;
        for (var i = 0; i < escaped.Length; i++)
        {
            ushort? unit = null;
            if (escaped[i] == (byte)'\\' && escaped[++i] == (byte)'u')
            {
                unit = Utf8Parser.TryParse(escaped.Slice(i + 1, 4), out ushort hex, out _, 'x') ? hex : null;
                i += 4;
            }

            if (unit == 0) return Nul;
            var isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (afterHigh != isLow) return LoneSurrogate;
            afterHigh = unit is >= 0xD800 and <= 0xDBFF;
        }

        return afterHigh ? LoneSurrogate : null;
    }
}
