using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>The real API on its own port, with in-memory grains behind it.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    public const string JwtKey = "0123456789abcdef0123456789abcdef";
    public const string Zone = "Asia/Taipei";

    private readonly WebApplication _app;

    private ApiServer(WebApplication app, HttpClient client) => (_app, Client) = (app, client);

    public HttpClient Client { get; }

    public FakeGrid Grid => _app.Services.GetRequiredService<FakeGrid>();

    public IReadOnlyList<Endpoint> Endpoints => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    public TestClock Clock => (TestClock)_app.Services.GetRequiredService<TimeProvider>();

    public Namespaces Namespaces =>
        _app.Services.GetRequiredService<Namespaces>();

    /// <summary>How many logs the gateway knows to carry channels.</summary>
    public int LogCount
    {
        set => _app.Services.GetRequiredService<ChannelLogs>().SetCount(value);
    }

    public GatewayNode Node => _app.Services.GetRequiredService<GatewayNode>();

    /// <param name="settings">Settings of the section NotifyHub, in addition to those of every test.</param>
    public static async Task<ApiServer> StartAsync(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = 64 << 10;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
        [
            new("NotifyHub:JwtKey", JwtKey),
            new("NotifyHub:TimeZone", Zone),
            .. settings.Select(setting => new KeyValuePair<string, string?>("NotifyHub:" + setting.Name, setting.Value)),
        ]);
        builder.Services.Configure<GatewayOptions>(builder.Configuration.GetSection(GatewayOptions.Section));
        var node = new GatewayNode();
        node.Publish(_ => new NodeState
        {
            WebSocketPort = 8080, PushPort = 8081, WebSocketListening = true, PushListening = true,
        });
        var grid = new FakeGrid
        {
            Observer = state => node.Publish(now =>
                now with { Service = state, WebSocketListening = state.Running, PushListening = state.Running }),
        };
        builder.Services.AddSingleton<TimeProvider>(new TestClock());
        builder.Services.AddSingleton(node).AddSingleton(grid).AddSingleton(grid.Factory());
        builder.AddNotifyHubApi();
        var app = builder.Build();
        app.MapNotifyHubApi();
        app.MapGet("/api/fails", string () => throw new InvalidOperationException("secret inside"));
        await app.StartAsync();
        return new ApiServer(app, new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = Until.Limit })
        {
            LogCount = 4,
        };
    }

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? json = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public Task<Answer> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, null, token);

    public Task<Answer> PostAsync(
        string path, string? json, string? token = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, json, token, headers);

    public async Task<string> LogInAsync() =>
        (await PostAsync("/api/auth/login", $$"""{"email":"{{FakeGrid.Email}}","password":"{{FakeGrid.Password}}"}"""))
            .Data.GetProperty("token").GetString()!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>The system clock, except that elapsed time stands still from the first <see cref="Advance"/> on.</summary>
public sealed class TestClock : TimeProvider
{
    private long? _timestamp;

    public void Advance(TimeSpan by) => _timestamp = GetTimestamp() + (long)(by.TotalSeconds * TimestampFrequency);

    public override long GetTimestamp() => _timestamp ?? base.GetTimestamp();
}

/// <summary>A response of the API.</summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Data
    {
        get
        {
            Assert.True(Json.GetProperty("success").GetBoolean(), Body);
            return Json.GetProperty("data");
        }
    }

    public JsonElement Error
    {
        get
        {
            Assert.False(Json.GetProperty("success").GetBoolean(), Body);
            return Json.GetProperty("error");
        }
    }

    public string Code => Error.GetProperty("code").GetString()!;

    public string Detail(string field) => Error.GetProperty("details").GetProperty(field).GetString()!;

    public string[] FaultyFields =>
        [.. Error.GetProperty("details").EnumerateObject().Select(detail => detail.Name).Order(StringComparer.Ordinal)];

    public static async Task<Answer> OfAsync(HttpResponseMessage response) =>
        new(response.StatusCode, response.Headers, await response.Content.ReadAsStringAsync());
}
