using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Clients that do not read or do not answer: disconnected, recorded, and no burden to others.</summary>
public sealed class SlowClientTests
{
    // More than the backlog plus the system's socket buffers.
    private const int Messages = 800;
    private const int MessageBytes = 32 << 10;

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_off_as_too_slow_and_the_others_get_everything()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("BacklogBytes", "131072"), ("CloseGrace", "00:00:03"));
        using var rest = await hub.LogInAsync();
        using var slow = await RawSocket.UpgradeAsync(hub.WebSocketPort, receiveBuffer: 4096);
        await using var quick = await hub.ConnectAsync();

        await PublishAndReadAsync(hub, quick);

        var connection = await rest.ConnectionAsync(slow.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", connection.GetProperty("status").GetString());
        Assert.Equal("too slow", connection.GetProperty("lastError").GetString());
        await quick.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await quick.NextAsync());
    }

    [Fact]
    public async Task A_client_that_was_cut_off_and_then_reads_sees_whole_messages_in_order_and_1013()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("BacklogBytes", "131072"), ("CloseGrace", "00:05:00"));
        using var slow = await RawSocket.UpgradeAsync(hub.WebSocketPort, receiveBuffer: 4096);
        await using var quick = await hub.ConnectAsync();
        await PublishAndReadAsync(hub, quick);

        var seen = 0;
        (int Opcode, byte[] Payload) frame;
        while ((frame = await slow.ReadFrameAsync()).Opcode == 1)
            Assert.Equal(Line(seen++), Encoding.UTF8.GetString(frame.Payload));

        Assert.Equal(8, frame.Opcode);
        Assert.Equal([1013 >> 8, 1013 & 0xFF, .. "too slow"u8], frame.Payload);
        Assert.InRange(seen, 1, Messages - 1);
        await slow.SendAsync(RawSocket.Close(1013));
        Assert.Empty(await slow.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_that_answers_no_pings_is_closed_as_dead_and_one_that_does_stays()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("PingInterval", "00:00:05"));
        using var rest = await hub.LogInAsync();
        await using var alive = await hub.ConnectAsync();
        using var dead = await RawSocket.UpgradeAsync(hub.WebSocketPort);

        var received = await dead.ReadToEndAsync(orReset: true);

        // Only pings: it is dead, so it gets no close.
        Assert.NotEmpty(received);
        Assert.All(received.Chunk(2), ping => Assert.Equal([0x89, 0], ping));
        var connection = await rest.ConnectionAsync(dead.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", connection.GetProperty("status").GetString());
        Assert.Equal("no answer to pings", connection.GetProperty("lastError").GetString());
        await alive.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await alive.NextAsync());
    }

    private static string Line(int number) => $$"""{"n":{{number}},"padding":"{{new string('x', MessageBytes)}}"}""";

    /// <summary>Publishes in portions, so that the reading client never exceeds the backlog.</summary>
    private static async Task PublishAndReadAsync(NotifyHubProcess hub, SocketClient quick)
    {
        using var push = await hub.ConnectPushAsync();
        for (var number = 0; number < Messages; number++)
        {
            Assert.Equal("ok", await push.PushAsync(Line(number)));
            Assert.Equal(Line(number), await quick.NextAsync());
        }
    }
}
