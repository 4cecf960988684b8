using System.Net;
using System.Net.Sockets;
using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Push;

public sealed class PushListenerTests : PushListenerTestBase
{
    [Fact]
    public async Task It_listens_between_start_and_stop_on_the_same_port()
    {
        using var listener = Listener();
        await listener.StartListeningAsync(CancellationToken.None);
        await listener.StartListeningAsync(CancellationToken.None);
        var port = listener.Port;
        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));

        // The server closes first, which leaves the address in TIME_WAIT. It must be possible to bind it again.
        using (var open = await ConnectAsync())
        {
            // Waits for an answer: before, only the system may have accepted the connection, and stopping would reset it.
            await open.SendAsync("{}\n"u8.ToArray());
            Assert.Equal(3, await open.ReceiveAsync(new byte[10]));
            await listener.StopListeningAsync(CancellationToken.None);
            await listener.StopListeningAsync(CancellationToken.None);
            Assert.Equal(0, await open.ReceiveAsync(new byte[10]));
        }

        Assert.Equal(port, listener.Port);
        await Assert.ThrowsAsync<SocketException>(ConnectAsync);

        await listener.StartListeningAsync(CancellationToken.None);
        Assert.Equal(port, listener.Port);
        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        await listener.StopListeningAsync(CancellationToken.None);
        Assert.Equal(3, Published);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_its_setting()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;
        using var listener = Listener(o => o.PushPort = port);

        var error = await Assert.ThrowsAsync<IOException>(() => listener.StartListeningAsync(CancellationToken.None));
        Assert.Equal(
            $"The push port {port} on 127.0.0.1 is in use by another program. "
            + "Free it, or choose another with the setting NotifyHub:PushPort.",
            error.Message);
    }

    [Fact]
    public async Task A_stop_lets_an_outstanding_publish_be_answered()
    {
        var durable = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        using var listener = Listener(publishing: async () =>
        {
            asked.SetResult();
            await durable.Task;
        });
        await listener.StartListeningAsync(CancellationToken.None);
        using var sender = await ConnectAsync();
        await sender.SendAsync("{}\n"u8.ToArray());
        await asked.Task;

        var stopping = listener.StopListeningAsync(CancellationToken.None);
        durable.SetResult();
        Assert.Equal("ok\n", await ReadToEndAsync(sender));
        await stopping;
    }

    [Fact]
    public async Task A_stop_that_is_called_off_resets_what_is_still_waiting_for_its_publish()
    {
        var durable = new TaskCompletionSource();
        using var listener = Listener(publishing: () => durable.Task);
        await listener.StartListeningAsync(CancellationToken.None);
        using var sender = await ConnectAsync();
        await sender.SendAsync("{}\n"u8.ToArray());
        await Until.TrueAsync(() => Published == 1);

        using var now = new CancellationTokenSource();
        var stopping = listener.StopListeningAsync(now.Token);
        await now.CancelAsync();
        await stopping;
        Assert.Equal("", await ReadToEndAsync(sender));
        durable.SetResult();
    }

    [Fact]
    public async Task While_all_connections_are_busy_another_gets_an_error()
    {
        var durable = new TaskCompletionSource();
        using var listener = Listener(o => o.PushConnections = 1, publishing: () => durable.Task);
        await listener.StartListeningAsync(CancellationToken.None);
        using (var first = await ConnectAsync())
        {
            await first.SendAsync("{}\n"u8.ToArray());
            await Until.TrueAsync(() => Published == 1);
            Assert.Equal("error: too many connections\n", await TalkAsync("{}\n"u8.ToArray()));
            durable.SetResult();
            Assert.Equal(3, await first.ReceiveAsync(new byte[10]));
        }

        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        await listener.StopListeningAsync(CancellationToken.None);
        Assert.Equal(2, Published);
    }

    [Fact]
    public async Task An_address_at_its_limit_is_refused_more_connections_and_others_are_served()
    {
        var durable = new TaskCompletionSource();
        using var listener = Listener(o => o.PushConnectionsPerAddress = 1, publishing: () => durable.Task);
        await listener.StartListeningAsync(CancellationToken.None);
        using var first = await ConnectAsync();
        await first.SendAsync("{}\n"u8.ToArray());
        await Until.TrueAsync(() => Published == 1);
        Assert.Equal("error: too many connections from this address\n", await TalkAsync("{}\n"u8.ToArray()));
        var other = TalkAsync("{}\n"u8.ToArray(), from: "127.0.0.2");
        await Until.TrueAsync(() => Published == 2);
        durable.SetResult();
        Assert.Equal("ok\n", await other);
        await listener.StopListeningAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Two_thousand_idle_connections_of_an_address_leave_a_place_for_a_service_there()
    {
        using var listener = Listener(o => o.PushConnectionsPerAddress = 50);
        await listener.StartListeningAsync(CancellationToken.None);
        List<Socket> idle = [];
        for (var i = 0; i < 2_000; i++) idle.Add(await ConnectAsync());
        // An empty line: the connection is open but has nothing outstanding.
        foreach (var socket in idle)
        {
            try
            {
                await socket.SendAsync("\n"u8.ToArray());
            }
            catch (SocketException)
            {
                // Dropped without an answer: there are far too many at once.
            }
        }

        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        idle.ForEach(socket => socket.Dispose());
        await listener.StopListeningAsync(CancellationToken.None);
    }

    [Fact]
    public async Task One_that_has_to_make_room_hears_why()
    {
        using var listener = Listener(o => o.PushConnectionsPerAddress = 1);
        await listener.StartListeningAsync(CancellationToken.None);
        using var first = await ConnectAsync();
        await first.SendAsync("{}\n"u8.ToArray());
        Assert.Equal(3, await first.ReceiveAsync(new byte[10]));

        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        Assert.Equal("error: closed to make room, too many connections from this address\n", await ReadToEndAsync(first));
        await listener.StopListeningAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_web_page_that_posts_to_the_port_publishes_nothing()
    {
        using var listener = Listener();
        await listener.StartListeningAsync(CancellationToken.None);
        var body = new string(' ', 100_000) + "\n{\"type\":\"forged\"}\n";
        var request = $"POST / HTTP/1.1\r\nHost: localhost:{listener.Port}\r\nContent-Type: text/plain;charset=UTF-8\r\n"
            + $"Content-Length: {body.Length}\r\nOrigin: https://attacker.example\r\n\r\n{body}";
        Assert.Equal(
            "error: this port speaks lines of JSON, not HTTP; POST /api/push does the same over HTTP\n",
            await TalkAsync(Encoding.ASCII.GetBytes(request)));
        await listener.StopListeningAsync(CancellationToken.None);
        Assert.Equal(0, Published);
    }

    [Fact]
    public async Task Without_a_limit_an_address_may_have_all_connections()
    {
        using var listener = Listener(o => (o.PushConnections, o.PushConnectionsPerAddress) = (600, 0));
        await listener.StartListeningAsync(CancellationToken.None);
        List<Socket> open = [];
        for (var i = 0; i < 600; i++)
        {
            open.Add(await ConnectAsync());
            await open[^1].SendAsync("{}\n"u8.ToArray());
            Assert.Equal(3, await open[^1].ReceiveAsync(new byte[10]));
        }

        Assert.All(open, socket => Assert.Equal(0, socket.Available));
        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        Assert.Equal("error: closed to make room, too many connections\n", await ReadToEndAsync(open[0]));
        open.ForEach(socket => socket.Dispose());
        await listener.StopListeningAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_sender_that_resets_does_not_affect_others()
    {
        using var listener = Listener();
        await listener.StartListeningAsync(CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            using var rude = await ConnectAsync();
            rude.LingerState = new LingerOption(enable: true, seconds: 0);
            await rude.SendAsync("{}\n{\"half"u8.ToArray());
        }

        Assert.Equal("ok\n", await TalkAsync("{}\n"u8.ToArray()));
        await listener.StopListeningAsync(CancellationToken.None);
    }
}
