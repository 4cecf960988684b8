using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace NotifyHub.TestKit;

/// <summary>A plain client of the REST API: sends what it is given and returns the raw answer.</summary>
public sealed class RestClient(int port, string address = "127.0.0.1", TimeSpan? limit = null) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri($"http://{address}:{port}"),
        Timeout = limit ?? Until.Limit,
    };

    /// <summary>Sent as <c>Authorization: Bearer</c> when set.</summary>
    public string? Token { get; set; }

    /// <summary>Sent as <c>X-API-Key</c> when set.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Logs in. Retries on 503, which the first calls after a silo died may get, as any client would.</summary>
    public async Task LogInAsync(string email, string password)
    {
        var login = JsonSerializer.Serialize(new { email, password });
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await PostAsync("/api/auth/login", login)).Status != HttpStatusCode.ServiceUnavailable,
            () => answer?.Body ?? "no answer",
            what: "a login is answered");
        Token = answer!.Expect(HttpStatusCode.OK).Data.GetProperty("token").GetString();
    }

    public Task<RestAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<RestAnswer> PostAsync(string path, string? json = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, json, headers);

    public async Task<RestAnswer> SendAsync(
        HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (Token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (ApiKey is not null) request.Headers.Add("X-API-Key", ApiKey);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var response = await _http.SendAsync(request);
        return new RestAnswer(response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The numbers of <c>GET /api/websocket/stats</c>.</summary>
    public async Task<JsonElement> StatsAsync() => (await GetAsync("/api/websocket/stats")).Expect(HttpStatusCode.OK).Data;

    public async Task<JsonElement> StatusAsync() =>
        (await GetAsync("/api/system/websocket/status")).Expect(HttpStatusCode.OK).Data;

    /// <summary>The newest connections, all on one page.</summary>
    public async Task<IReadOnlyList<JsonElement>> ConnectionsAsync(string status = "all")
    {
        var answer = await GetAsync($"/api/websocket/connections?status={status}&limit=500");
        return [.. answer.Expect(HttpStatusCode.OK).Data.GetProperty("connections").EnumerateArray()];
    }

    /// <summary>Waits until the connection with this user agent meets the condition, and returns it.</summary>
    public async Task<JsonElement> ConnectionAsync(string userAgent, Func<JsonElement, bool> fits)
    {
        JsonElement? found = null;
        await Until.TrueAsync(
            async () =>
            {
                found = (await ConnectionsAsync()).Cast<JsonElement?>()
                    .FirstOrDefault(one => one!.Value.GetProperty("userAgent").GetString() == userAgent);
                return found is { } connection && fits(connection);
            },
            () => found?.GetRawText() ?? "no such connection",
            what: $"the connection of {userAgent} as wanted");
        return found!.Value;
    }

    public void Dispose() => _http.Dispose();
}
