using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NotifyHub.BenchTests;

/// <summary>
/// The part of the REST API that a publisher needs: the login, <c>POST /api/push</c> and the batch of notifications, whose
/// broadcast wraps the posted object in a larger one. The last two require the token.
/// </summary>
internal sealed class PushApi : IAsyncDisposable
{
    public const string Email = "a@b.c";
    public const string Password = "secret";
    private const string Token = "a-token";

    private readonly WebApplication _app;

    private PushApi(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>Number of messages in each request.</summary>
    public List<int> Batches { get; } = [];

    public static async Task<PushApi> StartAsync(ScriptedServer server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var api = new PushApi(builder.Build());
        api._app.MapPost("/api/auth/login", (JsonElement login) =>
            login.GetProperty("email").GetString() == Email && login.GetProperty("password").GetString() == Password
                ? Results.Json(new { success = true, data = new { token = Token } })
                : Results.StatusCode(401));
        api.Map("/api/push", json => json, server);
        api.Map("/api/notifications/windows/batch", json => $$"""{"type":"new_notification","data":{{json}}}""", server);
        await api._app.StartAsync();
        return api;
    }

    private void Map(string path, Func<string, string> broadcast, ScriptedServer server) =>
        _app.MapPost(path, (JsonElement body, HttpRequest request) =>
        {
            if (request.Headers.Authorization != $"Bearer {Token}") return Results.StatusCode(401);
            JsonElement[] messages = body.ValueKind == JsonValueKind.Array ? [.. body.EnumerateArray()] : [body];
            // A channel handles one request at a time.
            lock (Batches)
            {
                Batches.Add(messages.Length);
                foreach (var message in messages) server.Take(broadcast(message.GetRawText()));
            }
            return Results.Json(new { success = true });
        });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
