using System.Text;
using CsCheck;
using NotifyHub.Gateway.Push;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Push;

public sealed class PushConnectionTests
{
    [Fact]
    public async Task Every_line_is_answered_in_its_place_and_bad_ones_publish_nothing()
    {
        await using var wire = new PushWire();
        await wire.SendAsync("""
            {"a":1}
            [1]
            {"a":2}
            nonsense
            {"a":3}

            """);
        await wire.EndAsync();

        var answers = (await wire.EndedAsync()).Split('\n');
        Assert.Equal(6, answers.Length);
        Assert.Equal("ok", answers[0]);
        Assert.Equal("error: not a JSON object", answers[1]);
        Assert.Equal("ok", answers[2]);
        Assert.StartsWith("error: not valid JSON", answers[3], StringComparison.Ordinal);
        Assert.Equal("ok", answers[4]);
        Assert.Equal("", answers[5]);
        Assert.Equal(["""{"a":1}""", """{"a":2}""", """{"a":3}"""], wire.PublishedTexts);
    }

    [Fact]
    public async Task Payloads_are_published_byte_for_byte_without_their_line_end()
    {
        byte[][] payloads =
        [
            "{\"t\":\"中文 😀 \\u4e2d\"}"u8.ToArray(),
            " { \"n\" : 1.50e3 ,\t\"n\": 9007199254740993 } "u8.ToArray(),
            "{\"carriage\":\r1}"u8.ToArray(),
        ];
        await using var wire = new PushWire();
        byte[] sent = [.. payloads[0], (byte)'\n', .. payloads[1], (byte)'\r', (byte)'\n', .. payloads[2], (byte)'\n'];
        await wire.SendAsync(sent);

        await wire.AnsweredAsync("ok\nok\nok\n");
        Assert.Equal(payloads, wire.Published);
    }

    [Fact]
    public async Task However_the_bytes_are_cut_the_same_lines_are_answered() =>
        await Gen.Select(Gen.Int[0, 9].Array[1, 40], Gen.Int[1, 30].Array[1, 10]).SampleAsync(async (numbers, pieces) =>
        {
            // 0 stands for an invalid line, 1 for an empty one.
            var text = string.Concat(numbers.Select(n => n switch { 0 => "{\n", 1 => "\r\n", _ => $"{{\"n\":{n}}}\n" }));
            await using var wire = new PushWire();
            for (int at = 0, i = 0; at < text.Length; i++)
            {
                var size = Math.Min(pieces[i % pieces.Length], text.Length - at);
                await wire.SendAsync(text.Substring(at, size));
                at += size;
            }

            await wire.EndAsync();
            var kinds = (await wire.EndedAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(a => a[..2]);
            Assert.Equal(numbers.Where(n => n != 1).Select(n => n == 0 ? "er" : "ok"), kinds);
            Assert.Equal(numbers.Where(n => n > 1).Select(n => $"{{\"n\":{n}}}"), wire.PublishedTexts);
        }, iter: 200);

    [Fact]
    public async Task Nothing_is_answered_before_it_is_durable()
    {
        var durable = new TaskCompletionSource();
        await using var wire = new PushWire(publishing: _ => durable.Task);
        await wire.SendAsync("{bad\n{}\nbad\n");
        await Until.TrueAsync(() => wire.Batches.Count == 1);
        Assert.Equal("", wire.Answers);

        durable.SetResult();
        await Until.TrueAsync(() => wire.Answers.Count(c => c == '\n') == 3);
        Assert.Equal("ok", wire.Answers.Split('\n')[1]);
    }

    [Fact]
    public async Task Lines_received_during_a_commit_are_merged_and_published_after_it()
    {
        var first = new TaskCompletionSource();
        await using var wire = new PushWire(
            publishing: batch => batch.Drafts[0].Payload is [_, _] ? first.Task : Task.CompletedTask);
        await wire.SendAsync("{}\n");
        await Until.TrueAsync(() => wire.Batches.Count == 1);

        for (var i = 0; i < 5_000; i++) await wire.SendAsync($"{{\"n\":{i}}}\n");
        Assert.Single(wire.Batches);
        first.SetResult();
        await wire.EndAsync();

        Assert.Equal(string.Concat(Enumerable.Repeat("ok\n", 5_001)), await wire.EndedAsync());
        Assert.Equal(["{}", .. Enumerable.Range(0, 5_000).Select(n => $"{{\"n\":{n}}}")], wire.PublishedTexts);
        Assert.All(wire.Batches, batch => Assert.InRange(batch.Drafts.Length, 1, 1_999));
        Assert.True(wire.Batches.Count < 100, $"{wire.Batches.Count} batches: the lines were not batched");
    }

    [Fact]
    public async Task A_failed_publish_is_never_an_ok_and_the_connection_goes_on()
    {
        Queue<Exception?> outcomes = new([
            new StorageUnavailableException(), new ChannelBusyException(), new TimeoutException(),
            new StorageBrokenException(), new InvalidOperationException("a bug"), null]);
        await using var wire = new PushWire(
            publishing: _ => outcomes.Dequeue() is { } failure ? Task.FromException(failure) : Task.CompletedTask);
        string[] answers =
        [
            "error: storage unavailable, try again\n", "error: busy, try again\n", "error: storage unavailable, try again\n",
            "error: storage broken\n", "error: internal error, try again\n", "ok\n",
        ];
        for (var i = 0; i < answers.Length; i++)
        {
            await wire.SendAsync($"{{\"n\":{i}}}\n");
            await wire.AnsweredAsync(string.Concat(answers[..(i + 1)]));
        }

        Assert.Equal(["""{"n":5}"""], wire.PublishedTexts);
    }

    [Fact]
    public async Task Lines_that_cannot_be_stored_fail_alone()
    {
        static bool IsBad(Draft draft) =>
            Encoding.UTF8.GetString(draft.Payload!) is """{"n":3}""" or """{"n":4}""" or """{"n":9}""";
        await using var wire = new PushWire(publishing: batch =>
            batch.Drafts.Any(IsBad) ? Task.FromException(new NotStorableException()) : Task.CompletedTask);
        string[] lines = [.. Enumerable.Range(0, 10).Select(n => $$"""{"n":{{n}}}""")];
        await wire.SendAsync(string.Join('\n', [.. lines[..5], "[]", .. lines[5..]]) + "\n");

        const string Ok = "ok\n", Refused = "error: cannot be stored\n";
        await wire.AnsweredAsync(
            Ok + Ok + Ok + Refused + Refused + "error: not a JSON object\n" + Ok + Ok + Ok + Ok + Refused);
        Assert.Equal([.. lines[..3], .. lines[5..9]], wire.PublishedTexts);
        // The connection stays open.
        await wire.SendAsync("{}\n");
        await Until.TrueAsync(() => wire.PublishedTexts.Contains("{}"));
    }

    [Fact]
    public async Task Bad_lines_get_their_error_even_if_the_publish_fails()
    {
        await using var wire = new PushWire(publishing: _ => Task.FromException(new ChannelBusyException()));
        await wire.SendAsync("{}\n[]\n{}\n");
        await wire.AnsweredAsync("error: busy, try again\nerror: not a JSON object\nerror: busy, try again\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_oversized_line_is_answered_after_those_before_it_and_ends_the_connection(bool withEnd)
    {
        await using var wire = new PushWire(o => o.PushLineBytes = 1024);
        var longest = "{\"a\":\"" + new string('x', 1024 - 8) + "\"}";
        await wire.SendAsync(longest + "\r\n" + longest + " " + (withEnd ? "\n{}\n" : ""));

        Assert.Equal("ok\nerror: line longer than 1024 bytes\n", await wire.EndedAsync());
        Assert.Equal([longest], wire.PublishedTexts);
    }

    [Fact]
    public async Task An_unterminated_last_line_is_an_error_and_not_published()
    {
        await using var wire = new PushWire();
        await wire.SendAsync("{\"a\":1}\n{\"a\":2}");
        await wire.EndAsync();

        Assert.Equal("ok\nerror: the line does not end with a line feed\n", await wire.EndedAsync());
        Assert.Equal(["""{"a":1}"""], wire.PublishedTexts);
    }

    [Fact]
    public async Task An_empty_connection_ends_without_an_answer()
    {
        await using var wire = new PushWire();
        await wire.EndAsync();
        Assert.Equal("", await wire.EndedAsync());
    }

    [Fact]
    public async Task An_idle_sender_is_closed_without_an_error()
    {
        await using var wire = new PushWire();
        await wire.SendAsync("{}\n");
        await wire.AnsweredAsync("ok\n");
        wire.Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.False(wire.Running.IsCompleted);

        wire.Time.Advance(TimeSpan.FromSeconds(0.002));
        Assert.Equal("ok\n", await wire.EndedAsync());
    }

    [Fact]
    public async Task An_empty_line_is_a_sign_of_life()
    {
        await using var wire = new PushWire();
        wire.Time.Advance(TimeSpan.FromSeconds(3));
        await wire.SendAsync("\n");
        await wire.SeenAsync();
        wire.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(wire.Running.IsCompleted);

        wire.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("", await wire.EndedAsync());
    }

    [Fact]
    public async Task Waiting_for_the_disk_is_not_idling()
    {
        var durable = new TaskCompletionSource();
        await using var wire = new PushWire(publishing: _ => durable.Task);
        await wire.SendAsync("{}\n");
        await Until.TrueAsync(() => wire.Batches.Count == 1);
        for (var i = 0; i < 20; i++) wire.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(wire.Running.IsCompleted);

        durable.SetResult();
        await wire.AnsweredAsync("ok\n");
        await wire.SendAsync("{}\n");
        await wire.AnsweredAsync("ok\nok\n");
    }

    [Fact]
    public async Task After_the_idle_time_half_a_line_is_an_error()
    {
        await using var wire = new PushWire();
        await wire.SendAsync("{}");
        await wire.SeenAsync();
        wire.Time.Advance(TimeSpan.FromSeconds(5.001));

        Assert.Equal("error: the line does not end with a line feed\n", await wire.EndedAsync());
        Assert.Empty(wire.Published);
    }

    [Fact]
    public async Task A_stop_answers_what_was_read_and_takes_no_half_line()
    {
        var durable = new TaskCompletionSource();
        await using var wire = new PushWire(publishing: _ => durable.Task);
        await wire.SendAsync("{}\n{\"half\":");
        await Until.TrueAsync(() => wire.Batches.Count == 1);
        wire.Stop();
        Assert.False(wire.Running.IsCompleted);

        durable.SetResult();
        Assert.Equal("ok\n", await wire.EndedAsync());
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost:8081\r\n\r\n\n{\"a\":1}\n", "not HTTP")]
    [InlineData("\r\n\nGET /?{} HTTP/1.1\r\n\r\n{\"a\":1}\n", "not HTTP")]
    [InlineData("OPTIONS * HTTP/1.1\r\n{\"a\":1}\n", "not HTTP")]
    [InlineData("\u0016\u0003\u0001\u0002\n{\"a\":1}\n", "without TLS")]
    [InlineData("hello\n{\"a\":1}\n", "must be a JSON object")]
    [InlineData("[{\"a\":1}]\n{\"a\":1}\n", "must be a JSON object")]
    [InlineData("AUTH key\n{\"a\":1}\n", "no key is set")]
    [InlineData("AUTH / HTTP/1.1\r\n\r\n{\"a\":1}\n", "no key is set")]
    public async Task Another_protocol_gets_an_error_and_publishes_nothing(string sent, string reason)
    {
        await using (var whole = new PushWire())
        {
            await whole.SendAsync(sent);
            var answer = await whole.EndedAsync();
            Assert.StartsWith("error: ", answer, StringComparison.Ordinal);
            Assert.Contains(reason, answer, StringComparison.Ordinal);
            Assert.Equal(answer.Length - 1, answer.IndexOf('\n', StringComparison.Ordinal));
            Assert.Empty(whole.Published);
        }

        await using var cut = new PushWire();
        foreach (var c in sent) await cut.SendAsync(c.ToString());
        Assert.StartsWith("error: ", await cut.EndedAsync(), StringComparison.Ordinal);
        Assert.Empty(cut.Published);
    }

    [Theory]
    [InlineData("{\"a\":1}\n")]
    [InlineData("\n\r\n \t {\"a\":1}\r\n")]
    [InlineData("{bad\nGET / HTTP/1.1\n{\"a\":1}\n")]
    public async Task A_connection_that_begins_with_a_brace_may_have_bad_lines(string sent)
    {
        await using var wire = new PushWire();
        foreach (var c in sent) await wire.SendAsync(c.ToString());
        await Until.TrueAsync(() => wire.Answers.EndsWith("ok\n", StringComparison.Ordinal));
        Assert.False(wire.Running.IsCompleted);
        Assert.Single(wire.Published);
    }

    [Fact]
    public async Task With_a_key_empty_lines_do_not_keep_the_connection()
    {
        await using var wire = new PushWire(o => o.PushKey = "secret");
        for (var second = 0; second < 9; second++)
        {
            await wire.SendAsync("\n");
            await wire.SeenAsync();
            wire.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(wire.Running.IsCompleted);
        wire.Time.Advance(TimeSpan.FromSeconds(1.001));
        Assert.Equal("error: the first line must be AUTH and the right key\n", await wire.EndedAsync());
    }

    [Fact]
    public async Task With_a_key_what_cannot_become_AUTH_ends_the_connection_before_the_line_does()
    {
        await using var wire = new PushWire(o => o.PushKey = "secret");
        await wire.SendAsync("AUT");
        await wire.SeenAsync();
        Assert.False(wire.Running.IsCompleted);

        await wire.SendAsync("O");
        Assert.Equal("error: the first line must be AUTH and the right key\n", await wire.EndedAsync());
    }

    [Fact]
    public async Task A_line_that_arrives_slowly_but_steadily_is_taken()
    {
        await using var wire = new PushWire();
        var line = "{\"a\":\"" + new string('x', 700_000) + "\"}";
        foreach (var piece in line.Chunk(50_000))
        {
            await wire.SendAsync(new string(piece));
            await wire.SeenAsync();
            wire.Time.Advance(TimeSpan.FromSeconds(3));
        }

        await wire.SendAsync("\n");
        await wire.AnsweredAsync("ok\n");
        Assert.Equal([line], wire.PublishedTexts);
    }

    [Fact]
    public async Task A_slow_line_ends_the_connection_after_earlier_answers()
    {
        await using var wire = new PushWire();
        await wire.SendAsync("{}\n");
        await wire.AnsweredAsync("ok\n");
        await wire.SendAsync("{");
        await wire.SeenAsync();
        for (var seconds = 4; seconds < 60; seconds += 4)
        {
            wire.Time.Advance(TimeSpan.FromSeconds(4));
            await wire.SendAsync(" ");
            await wire.SeenAsync();
        }

        Assert.False(wire.Running.IsCompleted);
        wire.Time.Advance(TimeSpan.FromSeconds(4.001));
        Assert.Equal("ok\nerror: the line did not end within 60 s\n", await wire.EndedAsync());
        Assert.Single(wire.Published);
    }

    [Fact]
    public async Task A_sender_waiting_for_the_disk_gets_no_line_timeout()
    {
        var durable = new TaskCompletionSource();
        await using var wire = new PushWire(o => o.PushLineTimeout = TimeSpan.FromSeconds(6), publishing: _ => durable.Task);
        // The reader takes three batches before it must wait; the rest stays unread.
        for (var batch = 0; batch < 4; batch++) await wire.SendAsync(string.Concat(Enumerable.Repeat("{}\n", 1_000)));
        await wire.SendAsync("{\"half\":");
        await Until.TrueAsync(() => wire.Batches.Count == 1);
        for (var i = 0; i < 20; i++) wire.Time.Advance(TimeSpan.FromSeconds(5));
        durable.SetResult();
        await wire.SeenAsync();
        await wire.SendAsync("1}\n");
        await Until.TrueAsync(() => wire.Published.Count == 4_001);
    }

    [Fact]
    public async Task At_the_memory_limit_connections_are_read_in_turn()
    {
        var durable = new TaskCompletionSource();
        var budget = new PushBudget(50_000);
        var registry = new PushRegistry(10, 0);
        await using var first = new PushWire(publishing: _ => durable.Task, registry: registry, budget: budget);
        await first.SendAsync(string.Concat(Enumerable.Repeat("{}\n", 1_000)));
        await Until.TrueAsync(() => first.Batches.Count == 1);
        // Each line has two bytes of text; the rest is overhead.
        Assert.InRange(budget.Used, 100_000, 200_000);

        await using var second = new PushWire(registry: registry, budget: budget);
        await using var third = new PushWire(registry: registry, budget: budget);
        await second.SendAsync("{}\n");
        await third.SendAsync("{}\n");
        await Until.TrueAsync(() => second.Slot.HasOutstanding && third.Slot.HasOutstanding);
        second.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(second.Batches);
        Assert.False(second.Running.IsCompleted);

        durable.SetResult();
        await second.AnsweredAsync("ok\n");
        await third.AnsweredAsync("ok\n");
        await Until.TrueAsync(() => first.Answers.Length == 3_000 && budget.Used == 0);
    }

    [Theory]
    [InlineData("AUTH secret\n{}\n", "ok\nok\n", 1)]
    [InlineData("\r\nAUTH secret\r\n{}\r\n", "ok\nok\n", 1)]
    [InlineData("AUTH Secret\n{}\n", "error: the first line must be AUTH and the right key\n", 0)]
    [InlineData("AUTH secret \n{}\n", "error: the first line must be AUTH and the right key\n", 0)]
    [InlineData("AUTH \n{}\n", "error: the first line must be AUTH and the right key\n", 0)]
    [InlineData("{}\nAUTH secret\n", "error: the first line must be AUTH and the right key\n", 0)]
    public async Task With_a_key_the_first_line_must_name_it(string sent, string answers, int published)
    {
        await using var wire = new PushWire(o => o.PushKey = "secret");
        await wire.SendAsync(sent);
        await wire.EndAsync();
        Assert.Equal(answers, await wire.EndedAsync());
        Assert.Equal(published, wire.Published.Count);
    }

    [Fact]
    public async Task Lines_of_a_megabyte_are_split_into_several_publishes()
    {
        await using var wire = new PushWire();
        var line = "{\"a\":\"" + new string('x', (1 << 20) - 8) + "\"}";
        await wire.SendAsync(string.Concat(Enumerable.Repeat(line + "\n", 10)));
        await wire.EndAsync();
        Assert.Equal(string.Concat(Enumerable.Repeat("ok\n", 10)), await wire.EndedAsync());
        Assert.All(wire.Batches, batch => Assert.InRange(batch.Drafts.Sum(d => d.Payload!.Length), 1, 2 << 20));
        Assert.Equal(10, wire.Published.Count(p => Encoding.UTF8.GetString(p) == line));
    }
}
