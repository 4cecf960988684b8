using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>
/// The subprotocol notifyhub.v1: offsets, epochs, and history that joins the live stream without gap or repeat. The gateway's
/// own history is minimal, so that most is read from storage. (Gaps after retention are tested with the grains.)
/// </summary>
public sealed class ResumeTests(ResumeTests.Shared shared) : IClassFixture<ResumeTests.Shared>
{
    private const int Stored = 2500;
    private const int Live = 1500;

    public sealed class Shared() : SharedProcess(("HistoryBytes", "65536"), ("BacklogBytes", "33554432"));

    private NotifyHubProcess Hub => shared.Hub;

    [Fact]
    public async Task A_new_client_gets_epoch_and_head_and_then_envelopes()
    {
        using var push = await Hub.ConnectPushAsync();
        var (epoch, head) = await HeadAsync();
        await using var client = await Hub.ConnectAsync(v1: true);
        var subscribed = await client.NextJsonAsync();

        Assert.Equal("ok", await push.PushAsync("""{ "n" : 1.0 }"""));

        AssertSubscribed(subscribed, epoch, head, recovered: false);
        Assert.Equal(
            $$$"""{"type":"message","channel":"all","offset":{{{head + 1}}},"data":{ "n" : 1.0 }}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_client_with_everything_recovers_nothing_and_one_from_the_start_all()
    {
        var (epoch, head) = await HeadAsync();

        await using var current = await Hub.ConnectAsync($"?since={head}&epoch={epoch}", v1: true);
        await using var first = await Hub.ConnectAsync("?since=0", v1: true);

        AssertSubscribed(await current.NextJsonAsync(), epoch, head, recovered: true);
        AssertSubscribed(await first.NextJsonAsync(), epoch, head, recovered: true);
        for (var offset = 1L; offset <= head; offset++)
            Assert.Equal(offset, (await first.NextJsonAsync()).GetProperty("offset").GetInt64());
        await AssertNothingMoreBeforeAPongAsync(current);
        await AssertNothingMoreBeforeAPongAsync(first);
    }

    [Fact]
    public async Task An_unknown_offset_or_epoch_restarts_at_the_head()
    {
        var (epoch, head) = await HeadAsync();

        await using var beyond = await Hub.ConnectAsync($"?since={head + 1_000_000}", v1: true);
        await using var other = await Hub.ConnectAsync("?since=0&epoch=another", v1: true);

        AssertSubscribed(await beyond.NextJsonAsync(), epoch, head, recovered: false);
        AssertSubscribed(await other.NextJsonAsync(), epoch, head, recovered: false);
        await AssertNothingMoreBeforeAPongAsync(beyond);
        await AssertNothingMoreBeforeAPongAsync(other);
    }

    [Fact]
    public async Task A_subscribe_message_moves_the_cursor_and_a_wrong_one_moves_nothing()
    {
        using var push = await Hub.ConnectPushAsync();
        Assert.All(
            await push.PushAllAsync([.. Enumerable.Range(0, 10).Select(n => $$"""{"n":{{n}}}""")]),
            answer => Assert.Equal("ok", answer));
        var (epoch, head) = await HeadAsync();
        await using var client = await Hub.ConnectAsync(v1: true);
        await client.NextAsync();

        await client.SendAsync("""{"type":"subscribe","channel":"other","since":1}""");
        Assert.Equal("UNKNOWN_CHANNEL", (await client.NextJsonAsync()).GetProperty("code").GetString());
        await client.SendAsync("""{"type":"subscribe","channel":"all","since":-1}""");
        Assert.Equal("VALIDATION_ERROR", (await client.NextJsonAsync()).GetProperty("code").GetString());
        await client.SendAsync($$"""{"type":"subscribe","channel":"all","since":{{head - 5}}}""");

        AssertSubscribed(await client.NextJsonAsync(), epoch, head, recovered: true);
        for (var offset = head - 4; offset <= head; offset++)
            Assert.Equal(offset, (await client.NextJsonAsync()).GetProperty("offset").GetInt64());
        await AssertNothingMoreBeforeAPongAsync(client);
    }

    [Fact]
    public async Task A_plain_client_cannot_subscribe_and_goes_on_as_it_was()
    {
        using var push = await Hub.ConnectPushAsync();
        await using var client = await Hub.ConnectAsync("?since=0");

        await client.SendAsync("""{"type":"subscribe","channel":"all","since":0}""");

        Assert.Equal("VALIDATION_ERROR", (await client.NextJsonAsync()).GetProperty("code").GetString());
        Assert.Equal("ok", await push.PushAsync("""{"still":"plain"}"""));
        Assert.Equal("""{"still":"plain"}""", await client.NextAsync());
    }

    [Fact]
    public async Task A_notification_in_an_envelope_is_the_notification_itself_live_and_from_history()
    {
        using var rest = await Hub.LogInAsync();
        await using var live = await Hub.ConnectAsync(v1: true);
        await live.NextAsync();

        var made = (await rest.PostAsync("/api/notifications/windows", """{"title":"t","message":"m"}"""))
            .Expect(HttpStatusCode.Created).Data;

        var offset = made.GetProperty("offset").GetInt64();
        var envelope = $$$"""{"type":"message","channel":"all","offset":{{{offset}}},"data":{{{made.GetRawText()}}}}""";
        Assert.Equal(envelope, await live.NextAsync());
        await using var later = await Hub.ConnectAsync($"?since={offset - 1}", v1: true);
        await later.NextAsync();
        Assert.Equal(envelope, await later.NextAsync());
    }

    [Fact]
    public async Task A_notification_counts_for_each_client_that_got_it_live_or_by_resuming()
    {
        using var rest = await Hub.LogInAsync();
        await using var plain = await Hub.ConnectAsync();
        await using var v1 = await Hub.ConnectAsync(v1: true);
        await v1.NextAsync();

        var (id, offset) = await CreateAsync();
        await plain.NextAsync();
        await v1.NextAsync();
        Assert.Equal("delivered", (await DeliveredToAsync(id, 2)).GetProperty("status").GetString());

        await using var later = await Hub.ConnectAsync($"?since={offset - 1}", v1: true);
        await DeliveredToAsync(id, 3);
        // More than the gateway keeps in memory, so it is read from storage.
        using var push = await Hub.ConnectPushAsync();
        Assert.All(
            await push.PushAllAsync([.. Enumerable.Repeat($$"""{"x":"{{new string('x', 1_000)}}"}""", 200)]),
            answer => Assert.Equal("ok", answer));
        await using var last = await Hub.ConnectAsync($"?since={offset - 1}", v1: true);
        await DeliveredToAsync(id, 4);

        async Task<(long Id, long Offset)> CreateAsync()
        {
            var made = (await rest.PostAsync("/api/notifications/windows", """{"title":"counted","message":"m"}"""))
                .Expect(HttpStatusCode.Created).Data;
            Assert.False(made.TryGetProperty("deliveries", out _));
            return (made.GetProperty("id").GetInt64(), made.GetProperty("offset").GetInt64());
        }

        async Task<JsonElement> DeliveredToAsync(long notification, long clients)
        {
            JsonElement seen = default;
            await Until.TrueAsync(
                async () =>
                    (seen = (await rest.GetAsync($"/api/notifications/windows/{notification}")).Expect(HttpStatusCode.OK).Data)
                        .GetProperty("deliveries").GetInt64() >= clients,
                () => seen.GetRawText());
            Assert.Equal(clients, seen.GetProperty("deliveries").GetInt64());
            return seen;
        }
    }

    [Fact]
    public async Task Messages_to_observers_do_not_count_as_delivered()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var rest = await hub.LogInAsync();
        await using var plain = await hub.ConnectAsync($"?observer=1&token={rest.Token}");
        await using var v1 = await hub.ConnectAsync($"?observer=1&token={rest.Token}", v1: true);
        await v1.NextAsync();
        var first = await CreateAsync();
        Assert.Contains("counted", await plain.NextAsync(), StringComparison.Ordinal);
        Assert.Contains("counted", await v1.NextAsync(), StringComparison.Ordinal);
        // Reads the whole log again.
        await using var replayed = await hub.ConnectAsync($"?since=0&observer=1&token={rest.Token}", v1: true);
        await replayed.NextAsync();
        Assert.Contains("counted", await replayed.NextAsync(), StringComparison.Ordinal);

        // A client that counts: reports are in order, so everything before it has been reported by then.
        await using var client = await hub.ConnectAsync();
        var second = await CreateAsync();
        await client.NextAsync();
        await Until.TrueAsync(async () => (await ReadAsync(second)).GetProperty("status").GetString() == "delivered");

        Assert.Equal(1, (await ReadAsync(second)).GetProperty("deliveries").GetInt64());
        var seen = await ReadAsync(first);
        Assert.Equal((0, "pending"), (seen.GetProperty("deliveries").GetInt64(), seen.GetProperty("status").GetString()));
        Assert.True((await rest.ConnectionsAsync("connected")).Count == 4);

        async Task<long> CreateAsync() =>
            (await rest.PostAsync("/api/notifications/windows", """{"title":"counted","message":"m"}"""))
                .Expect(HttpStatusCode.Created).Data.GetProperty("id").GetInt64();

        async Task<JsonElement> ReadAsync(long id) =>
            (await rest.GetAsync($"/api/notifications/windows/{id}")).Expect(HttpStatusCode.OK).Data;
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("service")]
    public async Task Only_a_person_looks_on(string who)
    {
        using var rest = await Hub.LogInAsync();
        var query = "?observer=1";
        if (who == "service")
        {
            var made = (await rest.PostAsync("/api/keys", """{"name":"reader"}""")).Expect(HttpStatusCode.Created).Data;
            query += $"&token={made.GetProperty("key").GetString()}";
        }

        using var raw = await RawSocket.ConnectAsync(Hub.WebSocketPort);
        await raw.SendAsync(raw.Handshake("/" + query));

        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_subscribe_anywhere_under_load_see_no_gap_and_no_repeat()
    {
        using var push = await Hub.ConnectPushAsync();
        var (_, start) = await HeadAsync();
        var padding = new string('x', 200);
        string Line(long offset) => $$"""{"is":{{offset}},"padding":"{{padding}}"}""";
        // Each line contains the offset it will get: there is no other publisher.
        string[] Lines(long from, int count) => [.. Enumerable.Range(0, count).Select(n => Line(from + n + 1))];
        Assert.All(await push.PushAllAsync(Lines(start, Stored)), answer => Assert.Equal("ok", answer));
        var last = start + Stored + Live;

        var publishing = PublishAsync();
        var random = new Random(7);
        var clients = Enumerable.Range(0, 16)
            .Select(number => FollowAsync(start + random.Next(Stored), moves: number % 4 == 0)).ToList();
        await Task.WhenAll([publishing, .. clients]);

        async Task PublishAsync()
        {
            for (var at = start + Stored; at < last; at += 50)
                Assert.All(await push.PushAllAsync(Lines(at, 50)), answer => Assert.Equal("ok", answer));
        }

        async Task FollowAsync(long since, bool moves)
        {
            await using var client = await Hub.ConnectAsync($"?since={since}", v1: true);
            if (moves)
            {
                // Jumps back midway: a new subscription replaces the old one.
                await client.NextUntilAsync(text => text.Contains("\"offset\":", StringComparison.Ordinal));
                await client.SendAsync($$"""{"type":"subscribe","channel":"all","since":{{since + 1}}}""");
                since++;
                // Messages of the first subscription still arrive, up to the answer to the second.
                await client.NextUntilAsync(text => text.Contains("\"subscribed\"", StringComparison.Ordinal));
            }
            else
            {
                Assert.Equal("subscribed", (await client.NextJsonAsync()).GetProperty("type").GetString());
            }

            for (var offset = since + 1; offset <= last; offset++)
                Assert.Equal(
                    $$$"""{"type":"message","channel":"all","offset":{{{offset}}},"data":{{{Line(offset)}}}}""",
                    await client.NextAsync());
        }
    }

    /// <summary>
    /// Publishes one message and returns the channel's position after it. An acknowledgement only means that the message is
    /// stored; a client that asks for its offset makes the gateway catch up.
    /// </summary>
    private async Task<(string Epoch, long Head)> HeadAsync()
    {
        using var rest = await Hub.LogInAsync();
        var head = (await rest.PostAsync("/api/push", "{}")).Expect(HttpStatusCode.OK).Data.GetProperty("offset").GetInt64();
        await using var client = await Hub.ConnectAsync($"?since={head}", v1: true);
        var subscribed = await client.NextJsonAsync();
        Assert.Equal(head, subscribed.GetProperty("offset").GetInt64());
        return (subscribed.GetProperty("epoch").GetString()!, head);
    }

    private static void AssertSubscribed(JsonElement message, string epoch, long head, bool recovered) => Assert.Equal(
        $$"""{"type":"subscribed","channel":"all","epoch":"{{epoch}}","offset":{{head}},"recovered":"""
        + (recovered ? "true}" : "false}"),
        message.GetRawText());

    private static async Task AssertNothingMoreBeforeAPongAsync(SocketClient client)
    {
        await client.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await client.NextAsync());
    }
}
