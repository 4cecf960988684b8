using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed partial class DescriptionTests
{
    [Fact]
    public async Task Every_endpoint_is_described_with_its_answer_and_who_may_call_it()
    {
        await using var server = await ApiServer.StartAsync();
        var document = (await server.GetAsync("/openapi/v1.json")).Json;

        Assert.Equal(
            ["Bearer", "ApiKey"],
            document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(one => one.Name));
        var operations = document.GetProperty("paths").EnumerateObject()
            .Where(path => path.Name != "/api/fails")
            .SelectMany(path => path.Value.EnumerateObject()
                .Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value)))
            .ToDictionary(operation => operation.Name, operation => operation.Value);
        Assert.Equal(
            [
                "delete /api/keys/{id}",
                "delete /api/notifications/windows/{id}",
                "delete /api/schedules/{id}",
                "delete /api/websocket/connections/{connectionId}",
                "get /api/audit",
                "get /api/auth/me",
                "get /api/keys",
                "get /api/notifications/windows",
                "get /api/notifications/windows/pending",
                "get /api/notifications/windows/stats",
                "get /api/notifications/windows/{id}",
                "get /api/schedules",
                "get /api/schedules/{id}",
                "get /api/schedules/{id}/runs",
                "get /api/system/info",
                "get /api/system/overview",
                "get /api/system/settings",
                "get /api/system/websocket/status",
                "get /api/usage/anonymous",
                "get /api/usage/requests",
                "get /api/usage/summary",
                "get /api/users",
                "get /api/users/{id}",
                "get /api/websocket/connections",
                "get /api/websocket/stats",
                "patch /api/notifications/windows/{id}/status",
                "patch /api/users/{id}",
                "post /api/auth/login",
                "post /api/auth/password",
                "post /api/keys",
                "post /api/notifications/windows",
                "post /api/notifications/windows/batch",
                "post /api/push",
                "post /api/schedules",
                "post /api/schedules/preview",
                "post /api/schedules/{id}/pause",
                "post /api/schedules/{id}/resume",
                "post /api/schedules/{id}/run",
                "post /api/system/websocket/restart",
                "post /api/system/websocket/start",
                "post /api/system/websocket/stop",
                "post /api/users",
                "post /api/users/{id}/password",
                "put /api/schedules/{id}",
            ],
            operations.Keys.Order(StringComparer.Ordinal));
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
            var success = operation.Value.GetProperty("responses").EnumerateObject().First(response => response.Name[0] == '2');
            Assert.True(success.Value.GetProperty("content").GetProperty("application/json").TryGetProperty("schema", out _));
            var open = operation.Key is "post /api/auth/login" or "get /api/system/websocket/status";
            Assert.Equal(!open, operation.Value.TryGetProperty("security", out _));
        });
        Assert.Equal(
            """[{"Bearer":[]},{"ApiKey":[]}]""",
            Compact(operations["post /api/push"].GetProperty("security")));
    }

    [Fact]
    public async Task The_described_notification_is_the_one_that_is_written()
    {
        await using var server = await ApiServer.StartAsync();
        var schema = (await server.GetAsync("/openapi/v1.json")).Json
            .GetProperty("components").GetProperty("schemas").GetProperty("NotificationView").GetProperty("properties");
        var draft = new NotificationDraft("t", "t", "m", "info", "low", "i", "a", "r", "b", "c", "{}", DateTimeOffset.UnixEpoch);
        var published = Notification.AsPublished(GrainKeys.PublicChannel, 1, draft);
        var written = JsonElement.Parse(NotificationView.Of(published with { Deliveries = 3 }, TimeZoneInfo.Utc).Utf8.Span);

        Assert.Equal(Names(written), Names(schema));
        // Clients are sent the same fields except the delivery count, which isn't known yet.
        var sent = JsonElement.Parse(NotificationJson.Data(NotificationJson.Payload(published, TimeZoneInfo.Utc)));
        Assert.Equal(Names(written).Except(["deliveries"]), Names(sent));

        static IEnumerable<string> Names(JsonElement of) =>
            of.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_page_to_browse_it_needs_no_internet()
    {
        await using var server = await ApiServer.StartAsync();
        var page = await server.Client.GetStringAsync("/docs/", TestContext.Current.CancellationToken);

        var scripts = Source().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            var text = await server.Client.GetStringAsync(
                new Uri(new Uri(server.Client.BaseAddress!, "/docs/"), script), TestContext.Current.CancellationToken);
            Assert.NotEmpty(text);
        }

        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    private static string Compact(JsonElement json) => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(json));

    [GeneratedRegex("""<script[^>]* src="([^"]+)""")]
    private static partial Regex Source();
}
