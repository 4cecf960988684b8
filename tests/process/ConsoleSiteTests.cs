using System.Net;
using System.Net.Http.Headers;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>How the console's files are served: paths, headers, caching. Its behaviour is tested in tests/browser.</summary>
public sealed class ConsoleSiteTests(ConsoleSiteTests.Shared shared) : IClassFixture<ConsoleSiteTests.Shared>
{
    private const string Elsewhere = "https://console.example.com";

    public sealed class Shared() : SharedProcess(("ConsolePort", "0"), ("ApiOrigins__0", Elsewhere));

    private NotifyHubProcess Hub => shared.Hub;

    [Theory]
    [InlineData("/")]
    [InlineData("/scheduler")]
    [InlineData("/usage?view=requests")]
    public async Task Every_address_of_a_page_is_answered_with_the_first_page_never_cached_unasked(string path)
    {
        using var answer = await GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoCache);
        Assert.Contains("_framework/blazor.webassembly.js", await TextAsync(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_come_with_headers_that_allow_no_foreign_and_no_inline_script()
    {
        using var answer = await GetAsync("/");

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy")).Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self' 'wasm-unsafe-eval'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["DENY"], answer.Headers.GetValues("X-Frame-Options"));
        Assert.Equal(["no-referrer"], answer.Headers.GetValues("Referrer-Policy"));
        Assert.Equal(["same-origin"], answer.Headers.GetValues("Cross-Origin-Opener-Policy"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Fingerprinted_files_are_immutable_and_others_are_revalidated()
    {
        using var loader = await GetAsync("/_framework/dotnet.js");
        Assert.True(loader.Headers.CacheControl!.NoCache);
        Assert.NotNull(loader.Headers.ETag);
        Assert.Equal(["gzip"], loader.Content.Headers.ContentEncoding);

        // The loader names the files it needs, with their fingerprints.
        using var plain = await GetAsync("/_framework/dotnet.js", compressed: false);
        var name = (await TextAsync(plain)).Split('"').First(word =>
            word.StartsWith("MudBlazor.", StringComparison.Ordinal) && word.EndsWith(".wasm", StringComparison.Ordinal)
            && word.Split('.').Length == 3);
        using var assembly = await GetAsync($"/_framework/{name}");
        Assert.Equal(HttpStatusCode.OK, assembly.StatusCode);
        Assert.Equal("application/wasm", assembly.Content.Headers.ContentType!.MediaType);
        Assert.Contains("immutable", assembly.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.True(assembly.Headers.CacheControl.MaxAge >= TimeSpan.FromDays(365));

        using var library = await GetAsync("/_content/MudBlazor/MudBlazor.min.css");
        Assert.Equal(HttpStatusCode.OK, library.StatusCode);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_not_the_first_page()
    {
        using var answer = await GetAsync("/_framework/none.js");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_port_answers_the_API_as_well()
    {
        using var rest = new RestClient(Hub.ConsolePort);
        await rest.LogInAsync("admin@notifyhub.com", "admin123");

        Assert.True((await rest.StatusAsync()).GetProperty("service_running").GetBoolean());
        (await rest.GetAsync("/api/no-such-thing")).ExpectError(HttpStatusCode.NotFound, "NOT_FOUND");
        (await rest.GetAsync("/api/auth/login")).ExpectError(HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");
        (await rest.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/index.html")]
    [InlineData("/console/index.html")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css")]
    public async Task The_clients_port_has_no_console(string path)
    {
        using var rest = Hub.Rest();

        (await rest.GetAsync(path)).ExpectError(HttpStatusCode.NotFound, "NOT_FOUND");
        (await rest.GetAsync("/websocket-test.html")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(Elsewhere, true)]
    [InlineData("https://evil.example", false)]
    public async Task Pages_of_the_origins_in_the_settings_may_call_the_API_and_others_may_not(string origin, bool allowed)
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        using var preflight = new HttpRequestMessage(HttpMethod.Options, $"http://127.0.0.1:{Hub.WebSocketPort}/api/auth/login");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "content-type,authorization");
        using var answer = await http.SendAsync(preflight, TestContext.Current.CancellationToken);

        Assert.Equal(
            allowed, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) && origins.Single() == origin);
    }

    [Fact]
    public async Task Without_a_console_its_port_is_not_there()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("ConsolePort", "-1"));

        await Until.TrueAsync(() => hub.Output.Contains("No console", StringComparison.Ordinal));
        Assert.Equal(-1, hub.ConsolePort);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, bool compressed = true)
    {
        using var http = new HttpClient { Timeout = Until.Limit };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{Hub.ConsolePort}{path}");
        if (compressed) request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    // Reads the raw content, which is compressed only if that was requested.
    private static async Task<string> TextAsync(HttpResponseMessage answer)
    {
        await using var content = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await using var text = answer.Content.Headers.ContentEncoding.Contains("gzip")
            ? new System.IO.Compression.GZipStream(content, System.IO.Compression.CompressionMode.Decompress)
            : content;
        return await new StreamReader(text).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
