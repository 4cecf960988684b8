using NotifyHub.Bench;
using Xunit;

namespace NotifyHub.BenchTests;

/// <summary>Measurements must show a server's faults: each kind of fault is served here and must be counted exactly.</summary>
public sealed class RunTests
{
    private const int Clients = 10;

    [Fact]
    public async Task A_correct_server_gets_a_clean_report()
    {
        using var server = new ScriptedServer(n => ("ok", [n]));
        var report = await RunAsync(server);
        Assert.False(report.Errors.Any);
        Assert.Equal(0, report.Deliver!.Foreign);
        Assert.Equal(report.Publish!.Sent, report.Publish.Acknowledged);
        Assert.Equal(report.Publish.Sent * Clients, report.Deliver.Deliveries);
        Assert.Equal(report.Publish.Sent, report.Deliver.LastClientLatency.Count);
        Assert.Equal(report.Deliver.LastClientLatency.Max, report.Deliver.Latency.Max);
    }

    [Fact]
    public async Task A_message_that_was_acknowledged_and_not_delivered_is_a_gap_at_every_client()
    {
        using var server = new ScriptedServer(n => ("ok", n == 3 ? [] : [n]));
        var report = await RunAsync(server);
        Assert.Equal((Clients, 0, 0), (report.Errors.Gaps, report.Errors.Order, report.Errors.Repeats));
    }

    [Fact]
    public async Task A_refused_message_is_not_a_gap()
    {
        using var server = new ScriptedServer(n => n == 3 ? ("error: busy", []) : ("ok", [n]));
        var report = await RunAsync(server);
        Assert.False(report.Errors.Any);
        Assert.Equal((1, "error: busy"), (report.Publish!.Refused, report.Publish.LastRefusal));
    }

    [Fact]
    public async Task A_message_delivered_twice_is_a_repeat_at_every_client()
    {
        using var server = new ScriptedServer(n => ("ok", n == 3 ? [3, 3] : [n]));
        var report = await RunAsync(server);
        Assert.Equal((Clients, 0, 0), (report.Errors.Repeats, report.Errors.Gaps, report.Errors.Order));
        Assert.Equal(report.Publish!.Sent * Clients, report.Deliver!.Deliveries);
    }

    [Fact]
    public async Task Two_messages_that_change_places_are_an_order_error_and_no_gap()
    {
        using var server = new ScriptedServer(n => ("ok", n switch { 3 => [], 4 => [4, 3], _ => [n] }));
        var report = await RunAsync(server);
        Assert.Equal((Clients, 0, 0), (report.Errors.Order, report.Errors.Gaps, report.Errors.Repeats));
    }

    [Fact]
    public async Task The_last_message_missing_is_found_when_the_drain_ends()
    {
        using var server = new ScriptedServer(n => ("ok", n > 3 ? [] : [n]));
        var report = await RunAsync(server, "--drain", "10");
        Assert.Equal((report.Publish!.Sent - 4) * Clients, report.Errors.Undelivered);
    }

    [Fact]
    public async Task A_message_that_is_not_byte_for_byte_the_pushed_one_is_altered()
    {
        using var server = new ScriptedServer(n => ("ok", [n]), alter: line => line + " ");
        var report = await RunAsync(server);
        Assert.Equal(report.Deliver!.Deliveries, report.Errors.Altered);
    }

    [Fact]
    public async Task A_client_that_the_server_closes_is_listed_under_its_code()
    {
        ScriptedServer? server = null;
        using (server = new ScriptedServer(n =>
        {
            if (n == 3) server!.SendTo(0, [0x88, 2, 0x03, 0xF5]);
            return ("ok", [n]);
        }))
        {
            var report = await RunAsync(server);
            Assert.Equal([KeyValuePair.Create(1013, 1)], report.Disconnects);
            Assert.False(report.Errors.Any);
        }
    }

    [Fact]
    public async Task Resumed_clients_miss_nothing_and_see_nothing_twice()
    {
        using var server = new ScriptedServer(n => ("ok", [n]), v1: true);
        var report = await RunAsync(server, "--protocol", "v1", "--resume", "40@0.1", "--duration", "3");
        Assert.False(report.Errors.Any);
        Assert.Equal(Clients * 4 / 10, report.Deliver!.Resumed);
        Assert.Equal(report.Publish!.Sent * Clients, report.Deliver.Deliveries);
        Assert.Equal(report.Deliver.Deliveries, report.Deliver.Latency.Count + report.Deliver.Replayed);
    }

    [Fact]
    public async Task An_offset_out_of_line_is_counted_though_the_messages_are_in_order()
    {
        // The second subscription answer moves each client's head; the envelopes after it don't continue from there.
        ScriptedServer? server = null;
        using (server = new ScriptedServer(n =>
        {
            if (n == 3) server!.SendTo(0, Subscribed(offset: 1000));
            return ("ok", [n]);
        }, v1: true))
        {
            var report = await RunAsync(server, "--protocol", "v1");
            Assert.Equal((1, 0, 0), (report.Errors.Offsets, report.Errors.Gaps, report.Errors.Order));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task Over_rest_batches_are_pushed_with_the_token_of_the_login(int batch)
    {
        using var server = new ScriptedServer(n => ("ok", [n]));
        await using var api = await PushApi.StartAsync(server);
        var report = await RunAsync(
            server, [.. Rest(api, "rest"), "--batch", $"{batch}"]);
        Assert.False(report.Errors.Any);
        Assert.Equal(0, report.Publish!.Refused);
        Assert.Equal(report.Publish.Sent * Clients, report.Deliver!.Deliveries);
        Assert.All(api.Batches, size => Assert.Equal(batch, size));
        Assert.Equal(report.Publish.Sent, api.Batches.Sum());
    }

    [Theory]
    [InlineData("rest")]
    [InlineData("notifications")]
    public async Task Requests_may_overtake_each_other_and_are_whole_all_the_same(string publisher)
    {
        using var server = new ScriptedServer(n => ("ok", [n]));
        await using var api = await PushApi.StartAsync(server);
        var report = await RunAsync(server, [.. Rest(api, publisher), "--rate", "max", "--batch", "5", "--in-flight", "8"]);
        Assert.False(report.Errors.Any);
        Assert.True(report.Publish!.Sent > 0);
        Assert.Equal(report.Publish.Sent * Clients, report.Deliver!.Deliveries);
        Assert.All(api.Batches, size => Assert.Equal(5, size));
    }

    [Fact]
    public async Task With_requests_in_flight_disorder_inside_one_and_gaps_and_repeats_are_still_found()
    {
        // Of the first request's messages 0 to 4, 2 and 1 are swapped, 3 is missing and 4 is sent twice.
        using var server = new ScriptedServer(n => ("ok", n switch { 1 => [], 2 => [2, 1], 3 => [], 4 => [4, 4], _ => [n] }));
        await using var api = await PushApi.StartAsync(server);
        var report = await RunAsync(
            server, [.. Rest(api, "rest"), "--rate", "max", "--batch", "5", "--in-flight", "2", "--drain", "10"]);
        // The sequence breaks before 2, before 1, before 4 and before the repeated 4.
        Assert.Equal((4 * Clients, Clients, Clients), (report.Errors.Order, report.Errors.Gaps, report.Errors.Repeats));
    }

    [Fact]
    public async Task As_fast_as_acknowledged_is_never_further_ahead_of_the_readers_than_the_lead()
    {
        using var server = new ScriptedServer(n => ("ok", []));
        var report = await RunAsync(server, "--rate", "max", "--lead", "50", "--min-messages", "50", "--drain", "2");
        Assert.Equal(50, report.Publish!.Sent);
        Assert.Equal(50 * Clients, report.Errors.Undelivered);
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_the_run_with_the_reason()
    {
        var server = new ScriptedServer(n => ("ok", [n]));
        var gone = server.Url;
        server.Dispose();
        var options = BenchOptions.Parse(["--url", gone, "--connections", "3"]);
        var fault = await Assert.ThrowsAsync<IOException>(
            () => Run.ExecuteAsync(options, TextWriter.Null, TestContext.Current.CancellationToken));
        Assert.Equal("Only 0 of 3 connections opened. 3: Connection refused", fault.Message);
    }

    private static Task<Report> RunAsync(ScriptedServer server, params string[] more)
    {
        // Even on a slow machine, all messages that the scripts rely on are sent, and the run waits for them.
        string[] common =
        [
            "--url", server.Url, "--push", server.Push, "--connections", $"{Clients}", "--rate", "200", "--warmup", "0",
            "--duration", "0.4", "--min-messages", "20", "--drain", "180",
        ];
        return Run.ExecuteAsync(BenchOptions.Parse([.. common, .. more]), TextWriter.Null, TestContext.Current.CancellationToken);
    }

    private static string[] Rest(PushApi api, string publisher) =>
        ["--publisher", publisher, "--api", api.Url, "--email", PushApi.Email, "--password", PushApi.Password];

    private static byte[] Subscribed(int offset)
    {
        var text = System.Text.Encoding.ASCII.GetBytes($$"""{"type":"subscribed","offset":{{offset}},"recovered":true}""");
        return [0x81, (byte)text.Length, .. text];
    }
}
