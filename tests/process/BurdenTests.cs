using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>
/// What a few clients can cost a gateway that has a budget for all: memory, time of the senders, reads of history.
/// </summary>
public sealed class BurdenTests
{
    private const string Ping = """{"type":"ping"}""";
    private const string Pong = """{"type":"pong"}""";
    private const int Stored = 3_000;

    // A page waits for those requested before it: a dozen fit into the budget at a time, and each is held for some seconds.
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(5);

    // Without the budget, such messages took 2.5 MB per page and the same again beside it, for each client.
    private static readonly string Padding = new('x', 10_000);

    [Fact]
    public async Task Two_hundred_resuming_clients_that_do_not_read_are_cut_off_within_the_budget()
    {
        await using var hub = await NotifyHubProcess.StartAsync(
            ("ClientMemoryBytes", "16777216"), ("SendTimeout", "00:00:03"), ("CloseGrace", "00:00:02"),
            ("DOTNET_GCHeapHardLimit", "0x14000000"));
        using var rest = await hub.LogInAsync();
        await StoreAsync(hub);
        var before = hub.ResidentBytes;
        List<RawSocket> deaf = [];
        var peak = 0L;
        try
        {
            for (var number = 0; number < 200; number++) deaf.Add(await ResumeAsync(hub, number * 13 % 2_500));
            // A client that reads still gets everything.
            await using var reader = await hub.ConnectAsync("?since=0", v1: true);
            await reader.NextAsync(Turn);
            for (var offset = 1; offset <= Stored; offset++)
            {
                Assert.Equal(offset, JsonElement.Parse(await reader.NextAsync(Turn)).GetProperty("offset").GetInt64());
                if (offset % 100 == 0) peak = Math.Max(peak, hub.ResidentBytes);
            }

            await Until.TrueAsync(
                async () =>
                {
                    peak = Math.Max(peak, hub.ResidentBytes);
                    // They keep sending pongs.
                    foreach (var raw in deaf) await Record.ExceptionAsync(() => raw.SendAsync(RawSocket.Frame(10, ""u8)));
                    return (await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 1;
                });
            Assert.Equal(
                "too slow", (await rest.ConnectionAsync(deaf[0].UserAgent, _ => true)).GetProperty("lastError").GetString());
        }
        finally
        {
            foreach (var raw in deaf) raw.Dispose();
        }

        Assert.InRange(peak - before, long.MinValue, 256 << 20);
    }

    [Fact]
    public async Task Five_hundred_subscriptions_of_one_connection_end_where_the_last_one_wants()
    {
        await using var hub = await NotifyHubProcess.StartAsync(("DOTNET_GCgen0size", "0x800000"));
        await StoreAsync(hub);
        await using var client = await hub.ConnectAsync(v1: true);
        await client.NextAsync();
        var before = hub.ResidentBytes;
        for (var number = 0; number < 500; number++) await client.SendAsync(Subscribe(number * 5));
        await client.SendAsync(Subscribe(Stored - 5));

        var seen = await client.NextUntilAsync(text => text.Contains($"\"offset\":{Stored},\"data\"", StringComparison.Ordinal));
        while (!IsEnd(seen))
            seen.AddRange(await client.NextUntilAsync(
                text => text.Contains($"\"offset\":{Stored},\"data\"", StringComparison.Ordinal)));

        Assert.InRange(seen.Count(text => text.StartsWith("""{"type":"subscribed""", StringComparison.Ordinal)), 1, 30);
        Assert.InRange(hub.ResidentBytes - before, long.MinValue, 128 << 20);
        await client.SendAsync(Ping);
        Assert.Equal(Pong, await client.NextAsync());

        static bool IsEnd(List<string> seen) =>
            seen.Count > 5
                && seen[^6].StartsWith("""{"type":"subscribed""", StringComparison.Ordinal)
                && seen[^5].Contains($"\"offset\":{Stored - 4},", StringComparison.Ordinal);
    }

    public static TheoryData<string, int> Bursts => new()
    {
        { $$"""{"type":"ping","time":"{{new string('x', 1_000)}}"}""", 500 },
        { $$"""{"type":"ping","time":"{{new string('x', 60_000)}}"}""", 20 },
        { """{"type":"what"}""", 900 },
    };

    [Theory]
    [MemberData(nameof(Bursts))]
    public async Task A_burst_is_answered_whole_and_the_connection_stays(string text, int count)
    {
        await using var hub = await NotifyHubProcess.StartAsync(("PingInterval", "01:00:00"));
        using var raw = await RawSocket.UpgradeAsync(hub.WebSocketPort);
        var frame = RawSocket.Text(text);
        var sending = raw.SendAsync(Enumerable.Repeat(frame, count).SelectMany(bytes => bytes).ToArray());

        var expected = text.Contains("what", StringComparison.Ordinal)
            ? """{"type":"error","code":"UNKNOWN_TYPE","message":"The type must be \"ping\" or \"subscribe\"."}"""
            : text.Replace("ping", "pong", StringComparison.Ordinal);
        for (var i = 0; i < count; i++) Assert.Equal(expected, await raw.ReadTextAsync());
        await sending;
        await raw.SendAsync(RawSocket.Text(Ping));
        Assert.Equal(Pong, await raw.ReadTextAsync());
    }

    [Fact]
    public async Task Beside_a_hundred_chatty_clients_a_quiet_one_gets_every_message()
    {
        await using var hub = await NotifyHubProcess.StartAsync(
            ("ClientMessagesPerSecond", "1000000"), ("PingInterval", "01:00:00"));
        await using var quiet = await hub.ConnectAsync();
        using var push = await hub.ConnectPushAsync();
        using var over = new CancellationTokenSource();
        var chatting = Enumerable.Range(0, 100).Select(_ => ChatAsync(hub, over.Token)).ToArray();

        for (var number = 0; number < 100; number++)
        {
            Assert.Equal("ok", await push.PushAsync($$"""{"n":{{number}}}"""));
            Assert.Equal($$"""{"n":{{number}}}""", await quiet.NextAsync());
        }

        await over.CancelAsync();
        // None of them was disconnected, because they read their answers.
        Assert.All(await Task.WhenAll(chatting), answers => Assert.NotEqual(0, answers));
    }

    [Fact]
    public async Task A_storm_of_subscriptions_does_not_block_publishing()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        await StoreAsync(hub);
        using var over = new CancellationTokenSource();
        var storm = Enumerable.Range(0, 4).Select(number => MoveAboutAsync(hub, new Random(number), over.Token)).ToArray();

        using var push = await hub.ConnectPushAsync();
        for (var number = 0; number < 200; number++)
            Assert.Equal("ok", await push.PushAsync($$"""{"n":{{number}},"padding":"{{Padding}}"}"""));
        await over.CancelAsync();
        await Task.WhenAll(storm);

        // Not by the log: a busy machine alone can delay a renewal for long enough to be logged.
        await LocalCluster.ReadyAsync(hub);
    }

    private static string Subscribe(int since) => $$"""{"type":"subscribe","channel":"all","since":{{since}}}""";

    private static async Task StoreAsync(NotifyHubProcess hub)
    {
        using var push = await hub.ConnectPushAsync();
        for (var number = 0; number < Stored; number += 100)
            Assert.All(
                await push.PushAllAsync([.. Enumerable.Repeat($$"""{"padding":"{{Padding}}"}""", 100)]),
                answer => Assert.Equal("ok", answer));
    }

    private static async Task<RawSocket> ResumeAsync(NotifyHubProcess hub, int since)
    {
        var raw = await RawSocket.ConnectAsync(hub.WebSocketPort, receiveBuffer: 4096);
        await raw.SendAsync(raw.Handshake($"/?since={since}", ("Sec-WebSocket-Protocol", "notifyhub.v1")));
        Assert.StartsWith("HTTP/1.1 101 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        return raw;
    }

    /// <summary>Sends a hundred pings at a time, as fast as they are answered. Returns how many answers came.</summary>
    private static async Task<int> ChatAsync(NotifyHubProcess hub, CancellationToken over)
    {
        using var raw = await RawSocket.UpgradeAsync(hub.WebSocketPort);
        var hundred = Enumerable.Repeat(RawSocket.Text(Ping), 100).SelectMany(bytes => bytes).ToArray();
        var answers = 0;
        while (!over.IsCancellationRequested)
        {
            await raw.SendAsync(hundred);
            for (var i = 0; i < 100;)
            {
                // Published messages arrive in between.
                if (await raw.ReadTextAsync() == Pong) i++;
            }

            answers += 100;
        }

        return answers;
    }

    /// <summary>Subscribes at another offset sixteen times per second, and reads everything.</summary>
    private static async Task MoveAboutAsync(NotifyHubProcess hub, Random random, CancellationToken over)
    {
        await using var client = await hub.ConnectAsync(v1: true);
        var reading = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested) await client.NextAsync();
            },
            CancellationToken.None);
        do await client.SendAsync(Subscribe(random.Next(Stored - 200)));
        while (await GoesOnAsync(over));
        // Its answer ends the reader's last wait.
        await client.SendAsync(Ping);
        await reading;
    }

    private static async Task<bool> GoesOnAsync(CancellationToken over)
    {
        await Task.Delay(60, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !over.IsCancellationRequested;
    }
}
