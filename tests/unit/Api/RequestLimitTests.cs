using System.Net;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>How many requests a second a caller can make.</summary>
public sealed class RequestLimitTests
{
    [Fact]
    public async Task A_caller_beyond_its_share_is_told_when_to_come_back_and_others_are_not_touched()
    {
        await using var server = await ApiServer.StartAsync(("RequestsPerSecond", "1"));
        (string, string) key = ("X-API-Key", FakeGrid.ApiKeySecret);

        // More than the seconds that they can take all together.
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.GetAsync("/api/system/websocket/status")));

        var refused = answers.Where(answer => answer.Status == HttpStatusCode.TooManyRequests).ToArray();
        Assert.Contains(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.Equal("RATE_LIMITED", answer.Code));
        Assert.All(refused, answer => Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", "{}", headers: key)).Status);
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.GetAsync("/health/live"))),
            answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }

    [Fact]
    public async Task Without_a_limit_nobody_is_refused()
    {
        await using var server = await ApiServer.StartAsync(("RequestsPerSecond", "0"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.GetAsync("/api/system/websocket/status")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }
}
