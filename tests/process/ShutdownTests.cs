using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Graceful shutdown, also of two processes side by side.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Shutdown_closes_clients_answers_pushes_and_exits_with_0()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        await using var plain = await hub.ConnectAsync();
        await using var v1 = await hub.ConnectAsync(v1: true);
        await v1.NextAsync();
        var publishing = Task.Run(() => PublishUntilClosedAsync(hub));
        await plain.NextAsync();

        Assert.Equal(0, await hub.StopAsync());

        Assert.Equal((1012, "gateway is shutting down"), await plain.WaitUntilClosedAsync());
        Assert.Equal((1012, "gateway is shutting down"), await v1.WaitUntilClosedAsync());
        Assert.Single(v1.Rest(), text => JsonElement.Parse(text).GetProperty("type").GetString() == "reconnect");
        var acknowledged = await publishing;
        await hub.StartAgainAsync();
        using var rest = await hub.LogInAsync();
        await using var resumed = await hub.ConnectAsync("?since=0", v1: true);
        var head = (await resumed.NextJsonAsync()).GetProperty("offset").GetInt64();
        // Every stored line was also answered: a graceful shutdown leaves no publisher in doubt.
        Assert.Equal(acknowledged, head);
        foreach (var client in new[] { plain, v1 })
        {
            var connection = await rest.ConnectionAsync(
                client.UserAgent, one => one.GetProperty("status").GetString() != "connected");
            Assert.Equal("disconnected", connection.GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task Shutdown_waits_for_load_balancers_and_a_second_signal_hurries_it()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("DrainDelay", "00:10:00"), ("DrainWindow", "01:00:00"));
        await using var before = await hub.ConnectAsync(v1: true);
        await before.NextAsync();
        using var rest = await hub.LogInAsync();

        hub.Terminate();

        await Until.TrueAsync(async () => (await rest.GetAsync("/health/ready")).Status == HttpStatusCode.ServiceUnavailable);
        await using var late = await hub.ConnectAsync(v1: true);
        await late.NextAsync();
        using (var push = await hub.ConnectPushAsync()) Assert.Equal("ok", await push.PushAsync("{}"));
        (await rest.PostAsync("/api/push", "{}")).Expect(HttpStatusCode.OK);
        using (var http = new HttpClient { Timeout = Until.Limit })
        using (var answer = await http.GetAsync(
            $"http://127.0.0.1:{hub.WebSocketPort}/health/live", TestContext.Current.CancellationToken))
            Assert.True(answer.Headers.ConnectionClose);

        Assert.Equal(0, await hub.StopAsync());
        foreach (var client in (SocketClient[])[before, late])
        {
            Assert.Equal((1012, "gateway is shutting down"), await client.WaitUntilClosedAsync());
            Assert.Equal(
                ["message", "message", "reconnect"],
                client.Rest().Select(text => JsonElement.Parse(text).GetProperty("type").GetString()));
        }
    }

    [Fact]
    public async Task Two_processes_on_one_machine_do_not_disturb_each_other()
    {
        var starting = NotifyHubProcess.StartAsync();
        await using var one = await NotifyHubProcess.StartAsync();
        await using var other = await starting;
        await using var client = await one.ConnectAsync();
        await using var stranger = await other.ConnectAsync();
        using var rest = await other.LogInAsync();

        using (var push = await one.ConnectPushAsync()) Assert.Equal("ok", await push.PushAsync("""{"to":"one"}"""));
        Assert.Equal("""{"to":"one"}""", await client.NextAsync());
        Assert.Single((await rest.StatusAsync()).GetProperty("nodes").EnumerateArray());
        Assert.Equal(0, await one.StopAsync());

        (await rest.PostAsync("/api/push", """{"to":"other"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"to":"other"}""", await stranger.NextAsync());
        Assert.Equal(1012, (await client.WaitUntilClosedAsync()).Code);
    }

    /// <summary>Pipelines lines until the server closes; returns how many were acknowledged.</summary>
    private static async Task<int> PublishUntilClosedAsync(NotifyHubProcess hub)
    {
        using var push = await hub.ConnectPushAsync();
        var acknowledged = 0;
        try
        {
            while (true)
            {
                await push.SendAsync(string.Concat(Enumerable.Repeat("{\"under\":\"way\"}\n", 20)));
                for (var answer = 0; answer < 20; answer++)
                {
                    if (await push.ReadLineAsync() is not { } line) return acknowledged;
                    Assert.Equal("ok", line);
                    acknowledged++;
                }
            }
        }
        catch (IOException)
        {
            return acknowledged;
        }
    }
}
