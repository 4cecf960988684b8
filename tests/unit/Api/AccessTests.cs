using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>Checks who may call what: the table below against every endpoint of the running API.</summary>
public sealed partial class AccessTests
{
    private const string Nobody = "nobody";
    private const string PublishKey = "a key to publish";
    private const string ReadKey = "a key to read";
    private const string TokensKey = "a key to issue tokens";
    private const string LimitedKey = "a key for the channel news";
    private static readonly string[] Everybody =
    [
        Nobody, Roles.Viewer, Roles.Operator, Roles.Administrator, Roles.Service, PublishKey, ReadKey, TokensKey, LimitedKey,
    ];
    private static readonly string[] Known = [Roles.Viewer, Roles.Operator, Roles.Administrator, Roles.Service, ReadKey];
    private static readonly string[] People = [Roles.Viewer, Roles.Operator, Roles.Administrator];
    private static readonly string[] Publishers = [Roles.Operator, Roles.Administrator, Roles.Service, PublishKey];
    private static readonly Dictionary<string, string> Keys = new()
    {
        [Roles.Service] = FakeGrid.ApiKeySecret,
        [PublishKey] = FakeGrid.PublishKeySecret,
        [ReadKey] = FakeGrid.ReadKeySecret,
        [TokensKey] = FakeGrid.TokensKeySecret,
        [LimitedKey] = FakeGrid.LimitedKeySecret,
    };

    private static readonly string[] Operators = [Roles.Operator, Roles.Administrator];
    private static readonly string[] Administrators = [Roles.Administrator];
    private static readonly string[] TokenIssuers = [Roles.Administrator, TokensKey];

    private static readonly Dictionary<string, string[]> Table = new()
    {
        ["POST /api/auth/login"] = Everybody,
        ["GET /api/auth/me"] = People,
        ["POST /api/auth/password"] = People,
        ["GET /api/users"] = Administrators,
        ["POST /api/users"] = Administrators,
        ["GET /api/users/{id:long}"] = Administrators,
        ["PATCH /api/users/{id:long}"] = Administrators,
        ["POST /api/users/{id:long}/password"] = Administrators,
        ["GET /api/system/websocket/status"] = Everybody,
        ["GET /api/system/info"] = People,
        ["GET /api/audit"] = Administrators,
        ["GET /api/system/overview"] = People,
        ["GET /api/system/settings"] = Administrators,
        ["POST /api/system/websocket/start"] = Administrators,
        ["POST /api/system/websocket/stop"] = Administrators,
        ["POST /api/system/websocket/restart"] = Administrators,
        ["GET /api/websocket/connections"] = Known,
        ["DELETE /api/websocket/connections/{connectionId}"] = Administrators,
        ["GET /api/websocket/stats"] = Known,
        ["POST /api/notifications/windows"] = Publishers,
        ["POST /api/notifications/windows/batch"] = Publishers,
        ["GET /api/notifications/windows"] = Known,
        ["GET /api/notifications/windows/pending"] = Known,
        ["GET /api/notifications/windows/stats"] = Known,
        ["GET /api/notifications/windows/{id:long}"] = Known,
        ["PATCH /api/notifications/windows/{id:long}/status"] = Publishers,
        ["DELETE /api/notifications/windows/{id:long}"] = Operators,
        ["GET /api/schedules"] = Known,
        ["POST /api/schedules"] = Operators,
        ["GET /api/schedules/{id:long}"] = Known,
        ["PUT /api/schedules/{id:long}"] = Operators,
        ["DELETE /api/schedules/{id:long}"] = Operators,
        ["POST /api/schedules/{id:long}/pause"] = Operators,
        ["POST /api/schedules/{id:long}/resume"] = Operators,
        ["POST /api/schedules/{id:long}/run"] = Operators,
        ["GET /api/schedules/{id:long}/runs"] = Known,
        ["POST /api/schedules/preview"] = Known,
        ["GET /api/usage/anonymous"] = People,
        ["GET /api/usage/requests"] = People,
        ["GET /api/usage/summary"] = People,
        ["POST /api/push"] = Publishers,
        ["POST /api/publish"] = [.. Publishers, LimitedKey],
        ["GET /api/channels/{channel}"] = [.. Known, LimitedKey],
        ["GET /api/channels/{channel}/messages"] = [.. Known, LimitedKey],
        ["DELETE /api/channels/{channel}/messages/{offset:long}"] = [.. Publishers, LimitedKey],
        ["GET /api/namespaces"] = Administrators,
        ["GET /api/namespaces/{name}"] = Administrators,
        ["PUT /api/namespaces/{name}"] = Administrators,
        ["DELETE /api/namespaces/{name}"] = Administrators,
        ["POST /api/keys"] = Administrators,
        ["GET /api/keys"] = Administrators,
        ["DELETE /api/keys/{id:long}"] = Administrators,
        ["POST /api/tokens"] = TokenIssuers,
        ["POST /api/tokens/revoke"] = TokenIssuers,
        ["GET /health/live"] = Everybody,
        ["GET /health/ready"] = Everybody,
        ["GET /openapi/{documentName}.json"] = Everybody,
        ["GET /asyncapi.yaml"] = Everybody,
        ["GET /docs/{documentName?}"] = Everybody,
        ["GET /docs/favicon.svg"] = Everybody,
        ["GET /docs/scalar.js"] = Everybody,
        ["GET /docs/scalar.aspnetcore.js"] = Everybody,
    };

    [Fact]
    public async Task Every_endpoint_lets_in_exactly_those_whom_the_table_names()
    {
        await using var server = await ApiServer.StartAsync(("LoginFailuresPerMinute", "1000"));
        Dictionary<string, string> tokens = [];
        foreach (var role in People)
        {
            server.Grid.UserRole = role;
            tokens[role] = await server.LogInAsync();
        }

        var endpoints = server.Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => (Method: method, Route: "/" + endpoint.RoutePattern.RawText!.Trim('/'))))
            .Where(endpoint => endpoint.Route != "/api/fails")
            .ToArray();
        Assert.Equal(
            Table.Keys.Order(StringComparer.Ordinal),
            endpoints.Select(one => $"{one.Method} {one.Route}").Order(StringComparer.Ordinal));

        foreach (var (method, route) in endpoints)
        {
            List<string> letIn = [];
            foreach (var caller in Everybody)
            {
                var answer = await server.SendAsync(
                    new HttpMethod(method),
                    Parameter().Replace(route, match => match.Groups[1].Value switch
                    {
                        "documentName" => "v1",
                        "channel" => "news",
                        _ => "1",
                    }),
                    method is "GET" or "DELETE" ? null : "{}",
                    tokens.GetValueOrDefault(caller),
                    Keys.TryGetValue(caller, out var key) ? [("X-API-Key", key)] : []);
                if (answer.Status is HttpStatusCode.Unauthorized)
                    Assert.Equal(Nobody, caller);
                else if (answer.Status is HttpStatusCode.Forbidden)
                    Assert.NotEqual(Nobody, caller);
                else
                    letIn.Add(caller);
            }

            Assert.True(Table[$"{method} {route}"].SequenceEqual(letIn), $"{method} {route} lets in {string.Join(", ", letIn)}");
        }
    }

    [Fact]
    public async Task Every_body_has_a_limit_anonymous_ones_a_small_one()
    {
        await using var server = await ApiServer.StartAsync();
        var limits = server.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null)
            .ToDictionary(
                endpoint => endpoint, endpoint => endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize);

        Assert.True(limits.Count >= 12);
        Assert.All(
            limits, limit => Assert.InRange(limit.Value ?? 0, 1, new NotifyHub.Gateway.Settings.GatewayOptions().RequestBytes));
        var open = Assert.Single(limits, limit => limit.Key.Metadata.GetMetadata<IAllowAnonymous>() is not null);
        Assert.Equal(4 << 10, open.Value);
    }

    [Theory]
    [InlineData(Roles.Viewer)]
    [InlineData(Roles.Operator)]
    [InlineData(Roles.Administrator)]
    public async Task Login_returns_exactly_the_permissions_of_the_endpoints(string role)
    {
        await using var server = await ApiServer.StartAsync();
        server.Grid.UserRole = role;
        server.Grid.Users[7] = server.Grid.Users[7] with { Role = role };
        var login = (await server.PostAsync("/api/auth/login", """{"email":"admin@notifyhub.com","password":"admin123"}""")).Data;
        var permissions = PermissionsOf(login.GetProperty("user"));
        Assert.Equal(
            permissions, PermissionsOf((await server.GetAsync("/api/auth/me", login.GetProperty("token").GetString())).Data));

        var needed = server.Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => (
                    Name: $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}",
                    Permissions: endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>()
                        .Select(authorize => authorize.Policy!).ToArray())))
            .Where(endpoint => Table.ContainsKey(endpoint.Name));
        Assert.All(needed, endpoint => Assert.Equal(
            Table[endpoint.Name].Contains(role), endpoint.Permissions.All(permission => permissions.Contains(permission))));
        // No permission is listed that no endpoint requires.
        Assert.Empty(permissions.Except(needed.SelectMany(endpoint => endpoint.Permissions)));

        static string[] PermissionsOf(JsonElement user) =>
            [.. user.GetProperty("permissions").EnumerateArray().Select(one => one.GetString()!)];
    }

    [GeneratedRegex(@"\{(\w+)[^}]*\}")]
    private static partial Regex Parameter();
}
