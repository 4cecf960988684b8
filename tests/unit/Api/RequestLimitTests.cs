using System.Net;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>The limit of requests per second and caller.</summary>
public sealed class RequestLimitTests
{
    [Fact]
    public async Task A_caller_beyond_its_limit_gets_Retry_After_others_pass()
    {
        await using var server = await ApiServer.StartAsync(("RequestsPerSecond", "1"));
        (string, string) key = ("X-API-Key", FakeGrid.ApiKeySecret);

        // Far more requests than the limit allows while they run.
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
    public async Task Concurrent_lists_are_limited_per_caller()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        var gate = new TaskCompletionSource();
        server.Grid.ListGate = gate.Task;

        var answers = Enumerable.Range(0, 30).Select(_ => server.GetAsync("/api/usage/requests?search=x", token)).ToList();
        // 4 run, 8 wait, and the other 18 are refused.
        await Until.TrueAsync(() => answers.Count(answer => answer.IsCompleted) == 18 && server.Grid.ListsBegun == 4);
        (string, string) key = ("X-API-Key", FakeGrid.ApiKeySecret);
        Assert.Equal(
            HttpStatusCode.OK, (await server.SendAsync(HttpMethod.Get, "/api/notifications/windows", null, null, key)).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", "{}", token)).Status);
        gate.SetResult();

        var statuses = (await Task.WhenAll(answers)).GroupBy(answer => answer.Status)
            .ToDictionary(group => group.Key, group => group.ToArray());
        Assert.Equal(12, statuses[HttpStatusCode.OK].Length);
        Assert.All(statuses[HttpStatusCode.TooManyRequests], answer =>
            Assert.Equal(("RATE_LIMITED", TimeSpan.FromSeconds(1)), (answer.Code, answer.Headers.RetryAfter?.Delta)));
        Assert.Equal(18, statuses[HttpStatusCode.TooManyRequests].Length);
    }

    [Fact]
    public async Task A_refused_list_gets_an_answer_that_suggests_narrowing()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.ListGate = Task.FromException(new ListRefusedException("The list took longer than 5 s."));

        var answer = await server.GetAsync("/api/usage/requests?search=x", token);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (answer.Status, answer.Code));
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        Assert.Contains("請縮小時間範圍或篩選條件", answer.Detail("list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_limit_nothing_is_refused()
    {
        await using var server = await ApiServer.StartAsync(("RequestsPerSecond", "0"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.GetAsync("/api/system/websocket/status")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
    }
}
