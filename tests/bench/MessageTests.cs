using System.Text.Json;
using NotifyHub.Bench;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class MessageTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void A_message_is_json_of_exactly_the_size_and_gives_its_numbers_back(int size)
    {
        var message = BenchMessage.Template(size);
        var seq = BenchMessage.NewRun() + BenchMessage.MaxMessages - 1;
        BenchMessage.Stamp(message, seq, 123_456_789);

        Assert.Equal(size, message.Length);
        using var json = JsonDocument.Parse(message);
        Assert.Equal("bench", json.RootElement.GetProperty("type").GetString());
        Assert.Equal(seq, json.RootElement.GetProperty("seq").GetInt64());
        Assert.True(BenchMessage.TryRead(message, out var readSeq, out var readAt));
        Assert.Equal((seq, 123_456_789), (readSeq, readAt));
    }

    [Fact]
    public void Other_messages_are_not_taken_for_the_benchs() =>
        Assert.False(BenchMessage.TryRead(
            """{"type":"new_notification","data":{"title":"a title that makes it long enough to look"}}"""u8, out _, out _));

    [Fact]
    public void An_envelope_gives_offset_and_data()
    {
        Assert.True(Envelope.TryRead(
            """{"type":"message","channel":"all","offset":42,"data":{"a":1}}"""u8, out var offset, out var data));
        Assert.Equal(42, offset);
        Assert.Equal("""{"a":1}"""u8, data);
    }

    [Theory]
    [InlineData("""{"type":"subscribed","channel":"all","epoch":"e","offset":7,"recovered":true}""", true, 7, true)]
    [InlineData("""{"type":"reconnect","after_ms":100}""", false, 0, false)]
    [InlineData("""{"type":"subscribed","offset":"7"}""", false, 0, false)]
    [InlineData("not json", false, 0, false)]
    public void Only_the_answer_to_a_subscription_is_one(string text, bool subscribed, long head, bool recovered)
    {
        Assert.Equal(subscribed, Envelope.TryReadSubscribed(
            System.Text.Encoding.UTF8.GetBytes(text), out var readHead, out var readRecovered));
        if (subscribed) Assert.Equal((head, recovered), (readHead, readRecovered));
    }

    [Fact]
    public void Cpu_time_is_found_behind_any_program_name() =>
        Assert.Equal(3.5, ServerUsage.Cpu("77 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 200 0 0"));

    [Fact]
    public void All_faults_of_the_options_are_reported_at_once()
    {
        var fault = Assert.Throws<FormatException>(
            () => BenchOptions.Parse(["--size", "63", "--no", "1", "--resume=5@1", "--publisher", "rest"]));
        Assert.Equal(
            ["--size 63: expected 64 to 1000000", "--no: no such option", "--resume: needs --protocol v1",
                "--publisher rest: needs --token, --api-key or --email and --password"],
            fault.Message.Split('\n'));
    }
}
