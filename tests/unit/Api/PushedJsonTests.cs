using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using NotifyHub.Gateway.Push;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class PushedJsonTests
{
    private static readonly Gen<string> Value = Gen.Recursive<string>((depth, value) => depth > 4
        ? Gen.Const("null")
        : Gen.OneOf(
            Gen.OneOf("0", "-1.50e+3", "true", "null", "\"\"", "\"\\ud83d\\ude00\"", "\"通知 😀\"", "12345678901234567890.5"),
            value.Array[0, 3].Select(items => $"[{string.Join(" , ", items)}]"),
            Gen.Select(Gen.OneOf("a", "b", "a"), value).Array[0, 3].Select(Object)));

    private static readonly Gen<string> AnyObject =
        Gen.Select(Gen.OneOf("type", "data", "\\u0061"), Value).Array[0, 4].Select(Object);

    [Theory]
    [InlineData("{}")]
    [InlineData(" \t\r\n{\"type\":\"test\",\"data\":{}}\r\n")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"訊息\":\"這是一個測試通知 😀\"}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    public void One_object_is_accepted(string text) => Assert.Null(Fault(text));

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("1", "not a JSON object")]
    [InlineData("\"{}\"", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("", "not valid JSON: line 1, byte 1")]
    [InlineData(" ", "not valid JSON: line 1, byte 2")]
    [InlineData("{", "not valid JSON: line 1, byte 2")]
    [InlineData("{\"a\":1}{\"b\":2}", "not valid JSON: line 1, byte 8")]
    [InlineData("{\"a\":1,}", "not valid JSON: line 1, byte 8")]
    [InlineData("{\"a\":tr\n}", "not valid JSON: line 1, byte 8")]
    [InlineData("{\"a\":\"\u0000\"}", "not valid JSON: line 1, byte 7")]
    [InlineData("{} // comment", "not valid JSON: line 1, byte 4")]
    [InlineData("[1", "not valid JSON: line 1, byte 3")]
    [InlineData("\uFEFF{}", "not valid JSON: line 1, byte 1")]
    public void Anything_else_is_refused_with_a_reason_of_one_line_that_quotes_nothing(string text, string reason) =>
        Assert.Equal(reason, Fault(text));

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', (byte)'a', (byte)'"', (byte)':', (byte)'"', 0xFF, (byte)'"', (byte)'}' })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xED, 0xA0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    public void Invalid_UTF8_inside_a_string_is_found(byte[] text) => Assert.Equal("not valid UTF-8", PushedJson.Fault(text));

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, "nested deeper than 64")]
    [InlineData(5_000, "nested deeper than 64")]
    public void Nesting_is_bounded_at_64(int depth, string? reason)
    {
        var arraysInside = "{\"a\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}";
        var objectsInside = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

        Assert.Equal(reason, Fault(arraysInside));
        Assert.Equal(reason, Fault(objectsInside));
    }

    [Fact]
    public void A_good_text_costs_no_memory()
    {
        var text = "{\"type\":\"test\",\"data\":{\"a\":[1,2,3],\"b\":\"這是\"}}"u8.ToArray();
        Assert.Null(PushedJson.Fault(text));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) PushedJson.Fault(text);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Every_object_is_accepted() => AnyObject.Sample(text => Fault(text) is null);

    [Fact]
    public void An_object_with_one_byte_changed_is_accepted_exactly_when_a_parser_takes_it() =>
        Gen.Select(AnyObject, Gen.Int[0, 1_000_000], Gen.Byte).Sample((text, at, value) =>
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            utf8[at % utf8.Length] = value;
            return PushedJson.Fault(utf8) is null == ParserTakes(utf8);
        });

    [Theory]
    [InlineData("""{"traceparent":"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}""", true)]
    [InlineData(
        """{"a":{"traceparent":1},"b":[[]],"traceparent" : "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}""", true)]
    [InlineData("""{}""", false)]
    [InlineData("""{"a":{"traceparent":"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}}""", false)]
    [InlineData("""{"a":"\"traceparent\":\"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01\""}""", false)]
    [InlineData("""{"traceparent":"00-00000000000000000000000000000000-0123456789abcdef-01"}""", false)]
    [InlineData("""{"traceparent":"nonsense"}""", false)]
    [InlineData("""{"traceparent":1}""", false)]
    public void The_trace_of_a_text_is_that_of_its_outermost_object(string text, bool isThere)
    {
        var trace = PushedJson.Trace(Encoding.UTF8.GetBytes(text));
        Assert.Equal(isThere ? "0123456789abcdef0123456789abcdef" : null, trace?.TraceId.ToHexString());
    }

    private static string? Fault(string text) => PushedJson.Fault(Encoding.UTF8.GetBytes(text));

    private static string Object((string Name, string Value)[] fields) =>
        $"{{{string.Join(", ", fields.Select(field => $"\"{field.Name}\" :{field.Value}"))}}}";

    private static bool ParserTakes(byte[] utf8)
    {
        if (!Utf8.IsValid(utf8)) return false;
        try
        {
            using var document = JsonDocument.Parse(utf8);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
