using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

public sealed class TraceTests(WatchedGrid grid)
{
    [Fact]
    public async Task A_publish_by_REST_is_one_trace_from_the_request_to_the_fan_out()
    {
        using var rest = await grid.LogInAsync();
        await using var one = await grid.Gateway.ConnectAsync();
        await using var two = await grid.Gateway.ConnectAsync();
        var (trace, caller, parent) = NewTrace();
        (await rest.PostAsync("/api/push", """{"by":"rest"}""", ("traceparent", parent))).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"by":"rest"}""", await two.NextAsync());

        var spans = await WholeAsync(trace, caller);
        Assert.Equal(
            ["POST /api/push", "IBroadcastGrain/PublishAsync", "IBroadcastGrain/PublishAsync", "notifyhub.commit",
                "notifyhub.fan_out"],
            WayTo(spans, "notifyhub.fan_out"));
        Assert.Equal("notifyhub-gateway", Single(spans, "notifyhub.fan_out").Service);
        Assert.Equal("notifyhub-silo", Single(spans, "notifyhub.commit").Service);
        // One, however many clients there are.
        Assert.Single(spans, span => span.Name == "notifyhub.fan_out");
        Assert.Contains(spans, span => span.Source == "Npgsql" && WayTo(spans, span).Contains("notifyhub.commit"));
    }

    [Fact]
    public async Task A_line_that_names_a_trace_is_part_of_it_and_is_broadcast_as_it_came()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        using var push = await grid.Gateway.ConnectPushAsync();
        var (trace, caller, parent) = NewTrace();
        var line = $$"""{ "by" : "tcp",  "traceparent":"{{parent}}", "deep": {"traceparent": 1} }""";
        Assert.Equal("ok", await push.PushAsync(line));
        Assert.Equal(line, await client.NextAsync());

        var spans = await WholeAsync(trace, caller);
        Assert.Equal(
            ["notifyhub.push", "IBroadcastGrain/PublishAsync", "IBroadcastGrain/PublishAsync", "notifyhub.commit",
                "notifyhub.fan_out"],
            WayTo(spans, "notifyhub.fan_out"));
    }

    [Fact]
    public async Task Lines_of_many_traces_that_are_published_together_all_find_their_way()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        using var push = await grid.Gateway.ConnectPushAsync();
        var traces = Enumerable.Range(0, 5).Select(_ => NewTrace()).ToArray();
        var answers = await push.PushAllAsync([.. traces.Select(each => $$"""{"traceparent":"{{each.Parent}}"}""")]);
        Assert.All(answers, answer => Assert.Equal("ok", answer));

        // The network decides how many are committed together: each has its own span, or is linked to another's.
        await Until.TrueAsync(() => traces.All(each => grid.Collector.Spans.Any(span =>
            span.Name == "notifyhub.push" && (span.Trace == each.Trace || span.Links.Contains(each.Trace)))));
    }

    [Fact]
    public async Task Unsampled_and_invalid_trace_contexts_are_not_recorded()
    {
        await using var client = await grid.Gateway.ConnectAsync();
        using var push = await grid.Gateway.ConnectPushAsync();
        var (quiet, _, parent) = NewTrace(flags: "00");
        Assert.Equal("ok", await push.PushAsync($$"""{"traceparent":"{{parent}}"}"""));
        foreach (var nonsense in (string[])["7", "\"\"", "\"00-zz-01\"", "null", "[]", $"\"{new string('x', 300)}\""])
        {
            var line = $$"""{"traceparent":{{nonsense}}}""";
            Assert.Equal("ok", await push.PushAsync(line));
        }

        var (trace, caller, loud) = NewTrace();
        Assert.Equal("ok", await push.PushAsync($$"""{"traceparent":"{{loud}}"}"""));
        await WholeAsync(trace, caller);
        Assert.DoesNotContain(grid.Collector.Spans, span => span.Trace == quiet);
    }

    [Fact]
    public async Task Internal_calls_of_gateways_and_silos_are_not_traced()
    {
        // Silo and gateway have exchanged calls several times per second since their start.
        using var push = await grid.Gateway.ConnectPushAsync();
        var (trace, caller, parent) = NewTrace();
        await using var client = await grid.Gateway.ConnectAsync();
        Assert.Equal("ok", await push.PushAsync($$"""{"traceparent":"{{parent}}"}"""));
        await WholeAsync(trace, caller);

        Assert.All(
            grid.Collector.Spans.Where(span => span.Parent.Length == 0),
            root => Assert.True(
                root.Name == "notifyhub.push" || root.Source.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal),
                root.ToString()));
    }

    /// <summary>Waits until the whole trace has arrived, from the caller to the fan-out: two processes export it.</summary>
    private async Task<List<Span>> WholeAsync(string trace, string caller)
    {
        List<Span> spans = [];
        await Until.TrueAsync(
            () =>
            {
                spans = [.. grid.Collector.Spans.Where(span => span.Trace == trace)];
                var known = spans.Select(span => span.Id).Append(caller).ToHashSet();
                return spans.Exists(span => span.Name == "notifyhub.fan_out")
                    && spans.TrueForAll(span => known.Contains(span.Parent));
            },
            () => string.Join('\n', spans),
            what: "the whole trace");
        return spans;
    }

    private static Span Single(List<Span> spans, string name) => Assert.Single(spans, span => span.Name == name);

    private static string[] WayTo(List<Span> spans, string name) => WayTo(spans, Single(spans, name));

    /// <summary>The names of the spans from the root of the trace to this one.</summary>
    private static string[] WayTo(List<Span> spans, Span? span)
    {
        List<string> way = [];
        for (; span is not null; span = spans.Find(each => each.Id == span.Parent)) way.Insert(0, span.Name);
        return [.. way];
    }

    private static (string Trace, string Caller, string Parent) NewTrace(string flags = "01")
    {
        var (trace, caller) = ($"{Guid.NewGuid():N}", $"{Guid.NewGuid():N}"[..16]);
        return (trace, caller, $"00-{trace}-{caller}-{flags}");
    }
}
