using System.Text;
using System.Text.Json;
using CsCheck;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class ClientMessageTests
{
    private static readonly Gen<string> Blank = OneOf("", " ", "\n", "\t \r\n");

    private static readonly Gen<string> Scalar = Gen.OneOf(
        OneOf("null", "true", "false", "0", "-0", "1e400", "0.1", "9007199254740993", "\"\"", "\"\\ud83d\\ude00\"", "\"é\""),
        Gen.Long.Select(value => $"{value}"),
        Gen.Double.Where(double.IsFinite).Select(value => JsonSerializer.Serialize(value)),
        Gen.String.Select(value => JsonSerializer.Serialize(value)));

    private static readonly Gen<string> Json = Nested(3);

    [Fact]
    public void Any_JSON_value_of_a_ping_is_returned_unchanged() =>
        Gen.Select(Json, Blank, Blank).Sample((time, before, after) =>
        {
            var (kind, raw, _) = Parse(
                $$"""{{before}}{"x":[{}],"time"{{before}}:{{after}}{{time}}{{after}},"type":"ping"}{{after}}""");
            Assert.Equal((ClientMessageKind.Ping, time), (kind, raw));
        });

    [Theory]
    [InlineData("""{"type":"ping"}""", "")]
    [InlineData("""{"type":"p\u0069ng","time":1}""", "1")]
    [InlineData("""{"\u0074ype":"ping","t\u0069me":1}""", "1")]
    [InlineData("""{"type":"nothing","time":1,"type":"ping","time":2}""", "2")]
    [InlineData("""{"time":1.50,"type":"ping"}""", "1.50")]
    public void A_ping_may_be_written_in_other_ways(string text, string time)
    {
        var (kind, raw, _) = Parse(text);
        Assert.Equal((ClientMessageKind.Ping, time), (kind, raw));
    }

    [Theory]
    [InlineData("""{"type":"subscribe","channel":"all"}""", null, null)]
    [InlineData("""{"type":"subscribe","channel":"all","since":null,"epoch":null}""", null, null)]
    [InlineData("""{"type":"subscribe","channel":"all","since":0,"epoch":""}""", 0L, "")]
    [InlineData("""{"epoch":"\u0061","since":9223372036854775807,"channel":"\u0061ll","type":"subscribe"}""", long.MaxValue, "a")]
    public void A_subscription_may_have_an_offset_and_an_epoch(string text, long? since, string? epoch)
    {
        Assert.Equal(ClientMessageKind.Subscribe, ClientMessage.Parse(Encoding.UTF8.GetBytes(text), out var message));
        Assert.Equal((since, epoch, null), (message.Since, message.Epoch, message.Fault));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("x")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"ping\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("""{"type":"ping"} x""")]
    [InlineData("""{"type":"ping",}""")]
    [InlineData("""{"type":'ping'}""")]
    [InlineData("""{type:"ping"}""")]
    [InlineData("""{"type":"ping","time":01}""")]
    [InlineData("""{"type":"ping","time":NaN}""")]
    [InlineData("""{"type":"ping"/* */}""")]
    [InlineData("""{"\ud800xx":1,"type":"ping"}""")]
    public void Anything_but_one_JSON_object_is_an_error(string text) => Assert.Equal(ClientError.InvalidJson, Fault(text));

    [Fact]
    public void Nesting_is_followed_to_64_and_no_further()
    {
        // The object itself is the first level.
        string Nested(int depth) => $$"""{"type":"ping","time":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        Assert.Equal(ClientMessageKind.Ping, Parse(Nested(63)).Kind);
        Assert.Equal(ClientError.InvalidJson, Fault(Nested(64)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Type":"ping"}""")]
    [InlineData("""{"type":"Ping"}""")]
    [InlineData("""{"type":"ping "}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":["ping"]}""")]
    [InlineData("""{"type":"\ud800"}""")]
    public void An_unknown_type_is_an_error(string text) => Assert.Equal(ClientError.UnknownType, Fault(text));

    [Theory]
    [InlineData("""{"type":"subscribe"}""")]
    [InlineData("""{"type":"subscribe","channel":"other"}""")]
    [InlineData("""{"type":"subscribe","channel":null}""")]
    public void An_unknown_channel_is_an_error(string text) => Assert.Equal(ClientError.UnknownChannel, Fault(text));

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1e2")]
    [InlineData("\"1\"")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("9223372036854775808")]
    public void An_invalid_offset_is_an_error(string since) =>
        Assert.Equal(ClientError.Since, Fault($$"""{"type":"subscribe","channel":"all","since":{{since}}}"""));

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("\"\\ud800\"")]
    public void An_invalid_epoch_is_an_error(string epoch) =>
        Assert.Equal(ClientError.Epoch, Fault($$"""{"type":"subscribe","channel":"all","epoch":{{epoch}}}"""));

    [Fact]
    public void Arbitrary_bytes_are_judged_without_a_fault() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 100],
            // Made of parts of JSON, which get further into the parser.
            OneOf(
                "{", "}", "[", "]", ",", ":", "\"", "\\u", "\\", "d800", "type", "time", "\"type\"",
                "\"ping\"", "\"subscribe\"", "since", "1", "-", "e", " ")
                .Array[0, 30].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts)))).Sample(bytes =>
        {
            var kind = ClientMessage.Parse(bytes, out var message);
            Assert.Equal(kind == ClientMessageKind.Faulty, message.Fault is not null);
        });

    private static Gen<string> OneOf(params string[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static Gen<string> Nested(int depth) => depth == 0
        ? Scalar
        : Gen.OneOf(
            Scalar,
            Nested(depth - 1).Array[0, 3].Select(items => $"[{string.Join(" , ", items)}]"),
            Gen.Select(Gen.String, Nested(depth - 1), (name, value) => $"{JsonSerializer.Serialize(name)} : {value}")
                .Array[0, 3].Select(fields => "{" + string.Join(',', fields) + "}"));

    private static (ClientMessageKind Kind, string Time, ClientError? Fault) Parse(string text)
    {
        var kind = ClientMessage.Parse(Encoding.UTF8.GetBytes(text), out var message);
        return (kind, Encoding.UTF8.GetString(message.Time), message.Fault);
    }

    private static ClientError? Fault(string text)
    {
        var (kind, _, fault) = Parse(text);
        Assert.Equal(ClientMessageKind.Faulty, kind);
        return fault;
    }
}
