using System.Net;
using System.Text;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class PublishTests
{
    private const string Route = "/api/notifications/windows";
    private const string Good = """{"title":"測試","message":"<b>&'+","severity":"warning","metadata":{"n":1.50}}""";

    [Fact]
    public async Task A_notification_is_answered_as_it_goes_out()
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync(Route, Good, await server.LogInAsync());

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        Assert.Equal($"{Route}/1", answer.Headers.Location!.ToString());
        var sent = Encoding.UTF8.GetString(Assert.Single(server.Grid.Log).Payload);
        Assert.Equal(sent, $$"""{"type":"new_notification","data":{{answer.Data.GetRawText()}}}""");
        Assert.Equal(("測試", "warning", "pending", "all"), (Field("title"), Field("severity"), Field("status"), Field("channel")));
        Assert.Equal((1, 1), (answer.Data.GetProperty("id").GetInt32(), answer.Data.GetProperty("offset").GetInt32()));

        string? Field(string name) => answer.Data.GetProperty(name).GetString();
    }

    [Fact]
    public async Task A_wrong_notification_publishes_nothing()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var answer = await server.PostAsync(Route, """{"title":"","severity":"\ud800"}""", token, ("Idempotency-Key", "a b"));

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(["Idempotency-Key", "message", "severity", "title"], answer.FaultyFields);
        Assert.Equal("此欄位為必填", answer.Detail("message"));
        Assert.Empty(server.Grid.Published);
    }

    [Fact]
    public async Task A_retry_with_the_same_key_gets_the_first_answer_and_publishes_nothing()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var first = await server.PostAsync(Route, Good, token, ("Idempotency-Key", "order-1"));
        await server.SendAsync(HttpMethod.Patch, $"{Route}/1/status", """{"status":"read"}""", token);
        await server.SendAsync(HttpMethod.Delete, $"{Route}/1", token: token);
        var second = await server.PostAsync(Route, Good, token, ("Idempotency-Key", "order-1"));

        Assert.Equal((first.Status, first.Body), (second.Status, second.Body));
        Assert.Single(server.Grid.Published);
    }

    [Fact]
    public async Task A_retry_whose_first_answer_is_gone_is_a_conflict_and_publishes_nothing()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync(Route, Good, token, ("Idempotency-Key", "order-1"));
        server.Grid.Log.Clear();

        Assert.Equal("CONFLICT", (await server.PostAsync(Route, Good, token, ("Idempotency-Key", "order-1"))).Code);
        Assert.Single(server.Grid.Published);
    }

    [Theory]
    [InlineData(Route, Good, """{"title":"another","message":"m"}""")]
    [InlineData($"{Route}/batch", $"[{Good}]", $"[{Good},{Good}]")]
    [InlineData("/api/push", """{"n":1}""", """{"n":2}""")]
    [InlineData("/api/push", """[{"n":1}]""", """{"n":1}""")]
    public async Task A_key_that_comes_with_another_body_is_a_conflict_and_publishes_nothing(
        string route, string body, string another)
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var first = await server.PostAsync(route, body, token, ("Idempotency-Key", "order-1"));

        var answer = await server.PostAsync(route, another, token, ("Idempotency-Key", "order-1"));

        Assert.Equal((HttpStatusCode.Conflict, "CONFLICT"), (answer.Status, answer.Code));
        Assert.Equal(["Idempotency-Key"], answer.FaultyFields);
        Assert.Single(server.Grid.Published);
        Assert.Equal(first.Body, (await server.PostAsync(route, body, token, ("Idempotency-Key", "order-1"))).Body);
        // The same key from another caller is a different key.
        var other = await server.PostAsync(
            route, another, null, ("Idempotency-Key", "order-1"), ("X-API-Key", FakeGrid.ApiKeySecret));
        Assert.True(other.Status < HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_the_grid_can_never_store_is_the_callers_fault()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.PublishFault = new NotStorableException();

        var answer = await server.PostAsync("/api/push", "{}", token);

        Assert.Equal((HttpStatusCode.BadRequest, "VALIDATION_ERROR"), (answer.Status, answer.Code));
        Assert.Equal(["body"], answer.FaultyFields);
    }

    [Fact]
    public async Task Keys_are_the_callers_and_the_endpoints_own()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync(Route, Good, token, ("Idempotency-Key", "1"));
        await server.PostAsync("/api/push", "{}", token, ("Idempotency-Key", "1"));
        await server.PostAsync("/api/push", "{}", null, ("Idempotency-Key", "1"), ("X-API-Key", FakeGrid.ApiKeySecret));

        Assert.Equal(
            ["user/7/notification/1", "user/7/push/1", "key/3/push/1"],
            server.Grid.Published.Select(batch => batch.IdempotencyKey));
    }

    [Fact]
    public async Task A_batch_of_notifications_is_one_publish()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var first = await server.PostAsync($"{Route}/batch", $"[{Good},{Good},{Good}]", token, ("Idempotency-Key", "b"));

        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Equal(
            [1, 2, 3], first.Data.GetProperty("notifications").EnumerateArray().Select(one => one.GetProperty("id").GetInt32()));
        Assert.Equal(3, Assert.Single(server.Grid.Published).Drafts.Length);
        var again = await server.PostAsync($"{Route}/batch", $"[{Good},{Good},{Good}]", token, ("Idempotency-Key", "b"));
        Assert.Equal(first.Body, again.Body);
    }

    [Fact]
    public async Task A_batch_with_one_wrong_element_publishes_nothing_and_names_it()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var answer = await server.PostAsync($"{Route}/batch", $$"""[{{Good}}, {"title":1}, 5]""", token);

        Assert.Equal(["1.message", "1.title", "2.body"], answer.FaultyFields);
        Assert.Empty(server.Grid.Published);
    }

    [Fact]
    public async Task A_push_goes_out_byte_for_byte()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        const string body = " {\"b\" : 1.500,\"a\":\"\\u6e2c測\" ,\"a\":12345678901234567890}\n";
        var answer = await server.PostAsync("/api/push", body, token);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("""{"channel":"all","offset":1}""", answer.Data.GetRawText());
        Assert.Equal(body, Encoding.UTF8.GetString(Assert.Single(server.Grid.Log).Payload));
    }

    [Fact]
    public async Task The_elements_of_a_batch_go_out_byte_for_byte_in_order()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        string[] elements = ["{\"b\" : 1.500,\"a\":\"\\u6e2c\"}", "{}", "{ \"測\":[ {} , [ ] ]}"];
        var answer = await server.PostAsync("/api/push", $"\n[ {string.Join("\t,\r\n", elements)} ] ", token);

        Assert.Equal("""{"channel":"all","offsets":[1,2,3]}""", answer.Data.GetRawText());
        Assert.Equal(elements, server.Grid.Log.Select(message => Encoding.UTF8.GetString(message.Payload)));
        Assert.Single(server.Grid.Published);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("1", "body")]
    [InlineData("[]", "body")]
    [InlineData("[{}] {}", "body")]
    [InlineData("[{},]", "body")]
    [InlineData("[{},1,{},[]]", "1.body,3.body")]
    [InlineData("{}{}", "body")]
    public async Task A_wrong_push_publishes_nothing(string body, string fields)
    {
        await using var server = await ApiServer.StartAsync();
        var answer = await server.PostAsync("/api/push", body, await server.LogInAsync());

        Assert.Equal("VALIDATION_ERROR", answer.Code);
        Assert.Equal(fields.Split(','), answer.FaultyFields);
        Assert.Empty(server.Grid.Published);
    }

    [Fact]
    public async Task A_batch_has_at_most_a_thousand_elements_of_the_length_of_a_line()
    {
        await using var server = await ApiServer.StartAsync(("PushLineBytes", "1024"));
        var token = await server.LogInAsync();
        string Batch(int count) => $"[{string.Join(',', Enumerable.Repeat("{}", count))}]";
        string OfBytes(int bytes) => $"{{\"a\":\"{new string('x', bytes - 8)}\"}}";

        Assert.Equal(
            1_000, (await server.PostAsync("/api/push", Batch(1_000), token)).Data.GetProperty("offsets").GetArrayLength());
        Assert.Equal("VALIDATION_ERROR", (await server.PostAsync("/api/push", Batch(1_001), token)).Code);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", OfBytes(1_024), token)).Status);
        Assert.Equal("PAYLOAD_TOO_LARGE", (await server.PostAsync("/api/push", OfBytes(1_025), token)).Code);
        Assert.Equal("PAYLOAD_TOO_LARGE", (await server.PostAsync("/api/push", $"[{{}},{OfBytes(1_025)}]", token)).Code);
    }

    [Fact]
    public async Task Notifications_are_read_marked_and_deleted()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var made = await server.PostAsync(Route, Good, token);

        Assert.Equal(made.Data.GetRawText(), (await server.GetAsync($"{Route}/1", token)).Data.GetRawText());
        Assert.Equal("NOT_FOUND", (await server.GetAsync($"{Route}/2", token)).Code);
        var lost = await server.SendAsync(HttpMethod.Patch, $"{Route}/1/status", """{"status":"lost"}""", token);
        Assert.Equal(["status"], lost.FaultyFields);
        var read = await server.SendAsync(HttpMethod.Patch, $"{Route}/1/status", """{"status":"read"}""", token);
        Assert.Equal("read", read.Data.GetProperty("status").GetString());
        Assert.Equal(
            "NOT_FOUND", (await server.SendAsync(HttpMethod.Patch, $"{Route}/2/status", """{"status":"read"}""", token)).Code);
        Assert.Equal("""{"id":1}""", (await server.SendAsync(HttpMethod.Delete, $"{Route}/1", token: token)).Data.GetRawText());
        Assert.Equal("NOT_FOUND", (await server.SendAsync(HttpMethod.Delete, $"{Route}/1", token: token)).Code);
    }

    [Fact]
    public async Task The_delivery_count_is_shown_when_read_but_not_sent_to_clients()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var made = await server.PostAsync(Route, Good, token);
        server.Grid.Notifications[1] = server.Grid.Notifications[1] with { Deliveries = 12 };

        Assert.False(made.Data.TryGetProperty("deliveries", out _));
        Assert.DoesNotContain("deliveries", Encoding.UTF8.GetString(server.Grid.Log[0].Payload), StringComparison.Ordinal);
        Assert.Equal(12, (await server.GetAsync($"{Route}/1", token)).Data.GetProperty("deliveries").GetInt64());
        Assert.Equal(
            12, (await server.GetAsync(Route, token)).Data.GetProperty("notifications")[0].GetProperty("deliveries").GetInt64());
        var read = await server.SendAsync(HttpMethod.Patch, $"{Route}/1/status", """{"status":"read"}""", token);
        Assert.Equal(12, read.Data.GetProperty("deliveries").GetInt64());
    }

    [Fact]
    public async Task Notifications_are_listed_by_what_is_asked_for()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        await server.PostAsync(Route, Good, token);
        var list = await server.GetAsync($"{Route}?status=read&severity=warning&search=%E6%B8%AC&page=3&limit=2", token);

        Assert.Equal(["notifications", "total", "page", "limit"], list.Data.EnumerateObject().Select(field => field.Name));
        Assert.Equal(new NotificationQuery("read", "warning", "測", 3, 2), server.Grid.LastNotificationQuery);

        await server.GetAsync($"{Route}/pending?limit=5", token);
        Assert.Equal(new NotificationQuery("pending", null, null, 1, 5), server.Grid.LastNotificationQuery);
        Assert.Equal(
            ["limit", "search", "severity", "status"],
            (await server.GetAsync($"{Route}?status=x&severity=y&search=%00&limit=0", token)).FaultyFields);
        Assert.Equal(
            """{"total":3,"today":1,"by_status":{"pending":3},"by_severity":{"info":3}}""",
            (await server.GetAsync($"{Route}/stats", token)).Data.GetRawText());
    }
}
