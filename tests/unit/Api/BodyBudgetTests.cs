using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>The memory limit for all request bodies together.</summary>
public sealed class BodyBudgetTests
{
    private const int Free = BodyBudget.Free;

    [Fact]
    public void One_caller_gets_half_and_all_together_the_whole()
    {
        var budget = Budget(requestBytes: 1 << 20, bodies: 4 << 20);
        using var first = new BodyHold(budget, "ann");
        using var second = new BodyHold(budget, "ann");
        using var others = new BodyHold(budget, "bob");
        first.GrowTo((1 << 20) + Free);
        second.GrowTo((1 << 20) + Free);

        Assert.Equal(ErrorCatalogue.RateLimited, Refused(() => second.GrowTo((1 << 20) + Free + 1)));
        others.GrowTo((2 << 20) + Free);
        using var late = new BodyHold(budget, "cleo");
        Assert.Equal(ErrorCatalogue.Unavailable, Refused(() => late.GrowTo(Free + 1)));
        // Small bodies always fit.
        late.GrowTo(Free);

        first.Dispose();
        late.GrowTo((1 << 20) + Free);
        Assert.Equal(ErrorCatalogue.Unavailable, Refused(() => late.GrowTo((1 << 20) + Free + 1)));
    }

    [Fact]
    public void The_largest_body_always_fits_into_a_callers_share()
    {
        using var hold = new BodyHold(Budget(requestBytes: 4 << 20, bodies: 4 << 20), "ann");

        hold.GrowTo((4 << 20) + Free);
        hold.Dispose();
        hold.GrowTo((4 << 20) + Free);
    }

    [Fact]
    public async Task A_body_without_room_is_refused_and_publishes_nothing_until_another_has_ended()
    {
        await using var server = await ApiServer.StartAsync(("RequestBytes", "1048576"), ("RequestBodiesBytes", "1048576"));
        var large = $$"""{"a":"{{new string('x', 700_000)}}"}""";
        var token = await server.LogInAsync();

        // Repeats until the server has read the half. If the half was refused, because one of these requests had the room when it
        // came, it is sent again: otherwise they would stay taken.
        var half = await SendHalfAsync(server, large);
        Answer? answer = null;
        await Until.TrueAsync(async () =>
        {
            if (half.Available > 0)
            {
                half.Dispose();
                half = await SendHalfAsync(server, large);
            }

            answer = await server.PostAsync("/api/push", large, token);
            return answer.Status != HttpStatusCode.OK;
        });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UNAVAILABLE"), (answer!.Status, answer.Code));
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        var published = server.Grid.Published.Count;
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", """{"small":1}""", token)).Status);

        half.Dispose();
        await Until.TrueAsync(async () =>
            (answer = await server.PostAsync("/api/push", large, token)).Status != HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(published + 2, server.Grid.Published.Count);
    }

    /// <summary>A request of a service, with part of its body.</summary>
    private static async Task<TcpClient> SendHalfAsync(ApiServer server, string body)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/push HTTP/1.1\r\nHost: a\r\nX-API-Key: {FakeGrid.PublishKeySecret}\r\n"
                + $"Content-Length: {body.Length}\r\n\r\n"
                + body[..600_000]),
            TestContext.Current.CancellationToken);
        return client;
    }

    private static ApiError Refused(Action act) => Assert.Throws<RefusedException>(act).Error;

    private static BodyBudget Budget(int requestBytes, long bodies) =>
        new(Options.Create(new GatewayOptions { RequestBytes = requestBytes, RequestBodiesBytes = bodies }));
}
