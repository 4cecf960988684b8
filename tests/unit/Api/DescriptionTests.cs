using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
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
                "delete /api/channels/{channel}/messages/{offset}",
                "delete /api/keys/{id}",
                "delete /api/namespaces/{name}",
                "delete /api/notifications/windows/{id}",
                "delete /api/schedules/{id}",
                "delete /api/websocket/connections/{connectionId}",
                "get /api/audit",
                "get /api/auth/me",
                "get /api/channels/{channel}",
                "get /api/channels/{channel}/messages",
                "get /api/keys",
                "get /api/namespaces",
                "get /api/namespaces/{name}",
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
                "post /api/publish",
                "post /api/push",
                "post /api/schedules",
                "post /api/schedules/preview",
                "post /api/schedules/{id}/pause",
                "post /api/schedules/{id}/resume",
                "post /api/schedules/{id}/run",
                "post /api/system/websocket/restart",
                "post /api/system/websocket/start",
                "post /api/system/websocket/stop",
                "post /api/tokens",
                "post /api/tokens/revoke",
                "post /api/users",
                "post /api/users/{id}/password",
                "put /api/namespaces/{name}",
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
    public async Task The_description_of_the_socket_is_served()
    {
        await using var server = await ApiServer.StartAsync();
        using var answer = await server.Client.GetAsync("/asyncapi.yaml", TestContext.Current.CancellationToken);

        Assert.Equal("application/yaml", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            Checkout.Read("gateway/Api/asyncapi.yaml"),
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static readonly (string Schema, string Field, IReadOnlyList<string> Words)[] ClosedSets =
    [
        ("NewUser", "role", Roles.OfPeople),
        ("ChangedUser", "role", Roles.OfPeople),
        ("AccountView", "role", Roles.OfPeople),
        ("UserView", "role", Roles.OfPeople),
        ("NewKey", "scopes", KeyScopes.All),
        ("KeyView", "scopes", KeyScopes.All),
        ("CreatedKeyView", "scopes", KeyScopes.All),
        ("NewClientCap", "allow", ClientTokenRules.Actions),
        ("NewNotification", "severity", Severity.All),
        ("NewNotification", "priority", Priority.All),
        ("NotificationView", "severity", Severity.All),
        ("NotificationView", "priority", Priority.All),
        ("NotificationView", "status", NotificationStatus.All),
        ("NewStatus", "status", NotificationStatus.All),
        ("NewSchedule", "kind", ScheduleKind.All),
        ("NewSchedule", "missed", MissedRuns.All),
        ("NewTimes", "kind", ScheduleKind.All),
        ("ScheduleView", "kind", ScheduleKind.All),
        ("ScheduleView", "missed", MissedRuns.All),
        ("ScheduleView", "status", ScheduleStatus.All),
        ("ConnectionView", "status", SessionStatus.All),
        ("AuditView", "outcome", AuditOutcome.All),
        ("NewMessage", "priority", Priority.All),
        ("NewNamespace", "subscribe", OptionWord.All<SubscribeAccess>()),
        ("NewNamespace", "publish", OptionWord.All<PublishAccess>()),
        ("NewNamespace", "retention", OptionWord.All<Retention>()),
        ("NewNamespace", "presence", OptionWord.All<Presence>()),
        ("NamespaceView", "retention", OptionWord.All<Retention>()),
    ];

    private static readonly (string Path, string Parameter, IReadOnlyList<string> Words)[] Filters =
    [
        ("/api/notifications/windows", "status", NotificationStatus.All),
        ("/api/notifications/windows", "severity", Severity.All),
        ("/api/schedules", "status", ScheduleStatus.All),
        ("/api/websocket/connections", "status", SessionStatus.All),
        ("/api/audit", "outcome", AuditOutcome.All),
    ];

    [Fact]
    public async Task Fields_and_filters_with_a_closed_set_list_its_words()
    {
        await using var server = await ApiServer.StartAsync();
        var document = (await server.GetAsync("/openapi/v1.json")).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");

        Assert.All(ClosedSets, set =>
        {
            var field = schemas.GetProperty(set.Schema).GetProperty("properties").GetProperty(set.Field);
            Assert.Equal(set.Words, Words(field.TryGetProperty("items", out var items) ? items : field));
        });
        Assert.All(Filters, filter =>
        {
            var parameter = document.GetProperty("paths").GetProperty(filter.Path).GetProperty("get").GetProperty("parameters")
                .EnumerateArray().Single(one => one.GetProperty("name").GetString() == filter.Parameter);
            Assert.Equal(["all", .. filter.Words], Words(parameter.GetProperty("schema")));
        });
    }

    [Fact]
    public async Task Every_date_says_which_form_it_has()
    {
        await using var server = await ApiServer.StartAsync();
        var document = (await server.GetAsync("/openapi/v1.json")).Json;
        var dates = document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .Where(schema => schema.Value.TryGetProperty("properties", out _))
            .SelectMany(schema => schema.Value.GetProperty("properties").EnumerateObject()
                .Where(field => Date().IsMatch(field.Name))
                .Select(field => (Name: $"{schema.Name}.{field.Name}", field.Value)))
            .ToDictionary(date => date.Name, date => date.Value.GetProperty("description").GetString()!);

        Assert.All(dates, date => Assert.Matches("RFC 3339|yyyy-MM-dd HH:mm:ss", date.Value));
        // A sample of each form; what is written so is what other tests assert.
        Assert.Contains("yyyy-MM-dd HH:mm:ss", dates["NotificationView.created_at"], StringComparison.Ordinal);
        Assert.Contains("yyyy-MM-dd HH:mm:ss", dates["ConnectionView.connectedAt"], StringComparison.Ordinal);
        Assert.Contains("yyyy-MM-dd HH:mm:ss", dates["StatusView.server_time"], StringComparison.Ordinal);
        foreach (var utc in (string[])["OverviewView.server_time", "AuditView.at", "Login.expires_at", "RunView.started_at"])
            Assert.Contains("RFC 3339 in UTC", dates[utc], StringComparison.Ordinal);
        Assert.Contains("Z or an offset", dates["NewSchedule.at"], StringComparison.Ordinal);
        var from = document.GetProperty("paths").GetProperty("/api/audit").GetProperty("get").GetProperty("parameters")
            .EnumerateArray().Single(parameter => parameter.GetProperty("name").GetString() == "from");
        Assert.Contains("Z or an offset", from.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Words(JsonElement schema) => schema.GetProperty("enum").EnumerateArray()
        .Where(word => word.ValueKind != JsonValueKind.Null).Select(word => word.GetString());

    [GeneratedRegex("^(server_time|at|.*(_at|_at_utc|At))$")]
    private static partial Regex Date();

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
