using System.Net;
using System.Text.Json;
using NotifyHub.Console.Api;
using Xunit;

namespace NotifyHub.ConsoleTests;

public sealed class ApiTransportTests
{
    [Fact]
    public async Task A_failure_keeps_its_cause()
    {
        using var server = new FakeServer();
        server.Answer("GET /unreadable", _ => Task.FromResult(FakeServer.Json(HttpStatusCode.OK, "<html>")));
        using var http = new HttpClient(server) { BaseAddress = new Uri("http://hub") };
        var api = new ApiTransport(http);

        Assert.IsType<JsonException>((await FailAsync("/unreadable", ApiException.Unreadable)).InnerException, exactMatch: false);
        Assert.IsType<HttpRequestException>((await FailAsync("/nobody", ApiException.Unreachable)).InnerException);

        async Task<ApiException> FailAsync(string path, string code)
        {
            var failure = await Assert.ThrowsAsync<ApiException>(() =>
                api.GetAsync(path, ApiJson.Default.EnvelopeUser, TestContext.Current.CancellationToken));
            Assert.Equal(code, failure.Code);
            return failure;
        }
    }
}
