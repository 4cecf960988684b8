using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>A process with a low limit of open files gets more connections than that, on all its ports.</summary>
public sealed partial class OpenFilesTests
{
    // The runtime alone has about 350 open.
    private const int Limit = 640;
    private const int Many = 300;

    [Fact]
    public async Task Out_of_files_it_serves_operators_logs_once_and_recovers()
    {
        await using var hub = NotifyHubProcess.Gateway(
            null, ("MetricsPort", "0"), ("HealthPort", "0"), ("ConsolePort", "0"), ("PushIdle", "00:05:00"),
            ("HandshakeTimeout", "00:05:00"));
        hub.FileLimit = Limit;
        await hub.StartAgainAsync();
        await Until.TrueAsync(() => hub.Output.Contains($"may open {Limit} files", StringComparison.Ordinal));
        await using var bystander = await hub.ConnectAsync();

        for (var round = 0; round < 2; round++)
        {
            List<Socket> taken = [];
            List<RawSocket> clients = [];
            try
            {
                for (var i = 0; i < Many; i++)
                {
                    await TakeAsync(taken, hub.WebSocketPort);
                    await TakeAsync(taken, hub.PushPort);
                    await TakeAsync(taken, hub.ConsolePort);
                    await AddClientAsync(clients, hub);
                }

                await TriedAsync(async () => Assert.True((await Refusals.CountAsync(hub))["websocket out_of_files"] > 0));

                // Operators and probes get in, possibly after a retry, because idle connections make room. Active ones stay.
                await TriedAsync(async () =>
                {
                    using var operatorsOwn = await hub.LogInAsync();
                    (await operatorsOwn.PostAsync("/api/push", $$"""{"round":{{round}}}""")).Expect(HttpStatusCode.OK);
                });
                await bystander.NextUntilAsync(text => text == $$"""{"round":{{round}}}""");
                using var probe = new HttpClient { Timeout = Until.Limit };
                foreach (var path in (string[])["/health/live", "/health/ready?deep=1"])
                    await TriedAsync(() => probe.GetStringAsync(
                        $"http://127.0.0.1:{hub.HealthPort}{path}", TestContext.Current.CancellationToken));
            }
            finally
            {
                foreach (var socket in taken) socket.Dispose();
                foreach (var client in clients) client.Dispose();
            }

            await Until.TrueAsync(async () => await IsLetInAsync(hub));
        }

        Assert.True(hub.IsRunning);
        // One line per minute and port, however many were refused; on a busy machine two rounds may take minutes.
        Assert.InRange(Line().Count(hub.Output), 1, 20);
        Assert.Equal(0, await hub.StopAsync());
    }

    private static async Task TriedAsync(Func<Task> act)
    {
        Exception? last = null;
        await Until.TrueAsync(async () => (last = await Record.ExceptionAsync(act)) is null, () => $"{last}");
    }

    private static async Task TakeAsync(List<Socket> taken, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, port);
    }

    private static async Task AddClientAsync(List<RawSocket> clients, NotifyHubProcess hub)
    {
        var client = await RawSocket.ConnectAsync(hub.WebSocketPort);
        clients.Add(client);
        try
        {
            await client.SendAsync(client.Handshake());
        }
        catch (SocketException)
        {
            // Closed already.
        }
    }

    private static async Task<bool> IsLetInAsync(NotifyHubProcess hub)
    {
        try
        {
            using var client = await RawSocket.UpgradeAsync(hub.WebSocketPort);
            using var push = await hub.ConnectPushAsync();
            return await push.PushAsync("""{"healed":true}""") == "ok";
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or SocketException)
        {
            return false;
        }
    }

    [GeneratedRegex("near its limit|could not be accepted")]
    private static partial Regex Line();
}
