using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.TelemetryTests;

/// <summary>A one-process gateway, and the collector's other protocol.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task An_embedded_gateway_exports_metrics_traces_and_logs_over_HTTP()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var hub = await NotifyHubProcess.StartAsync(
        [
            .. WatchedGrid.Settings(collector.HttpEndPoint, "http/protobuf"), ("OTEL_SERVICE_NAME", "sakura"),
            ("Logging__LogLevel__Microsoft.AspNetCore.Routing.EndpointMiddleware", "Information"),
        ]);
        await using var client = await hub.ConnectAsync();
        using var rest = await hub.LogInAsync();
        (await rest.PostAsync("/api/push", "{}", ("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")))
            .Expect(HttpStatusCode.OK);

        await Until.TrueAsync(() => collector.Spans.Any(
            span => span is { Name: "notifyhub.fan_out", Service: "sakura", Trace: "0123456789abcdef0123456789abcdef" }));
        await Until.TrueAsync(() => collector.Logs.Any(line =>
            line is { Service: "sakura", Trace: "0123456789abcdef0123456789abcdef" }
                && line.Attributes.ContainsValue("HTTP: POST /api/push => PushAsync")));
        await Until.TrueAsync(() => new[] { "notifyhub.commit.duration", "notifyhub.connections.active" }.All(name =>
            collector.Metrics.Any(metric => metric.Service == "sakura" && metric.Name == name)));
        Assert.Contains(
            collector.Logs,
            line => line.Category == "NotifyHub.Gateway.Push.PushListener" && line.Attributes.ContainsKey("Port"));
    }

    [Fact]
    public async Task A_share_of_nothing_records_nothing_and_the_metrics_go_on()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var hub = await NotifyHubProcess.StartAsync(
        [
            .. WatchedGrid.Settings(collector.GrpcEndPoint, "grpc"), ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0"),
        ]);
        await using var client = await hub.ConnectAsync();
        using var push = await hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"traceparent":"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}"""));
        await client.NextAsync();

        await Until.TrueAsync(() => collector.Metrics.Any(metric => metric.Name == "notifyhub.delivery.duration"));
        Assert.Empty(collector.Spans);
    }

    [Fact]
    public async Task An_unknown_sampler_and_a_taken_metrics_port_are_refused_in_plain_words()
    {
        var (sampler, said) = await NotifyHubProcess.RunToItsEndAsync(
            null, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_TRACES_SAMPLER", "sometimes"));
        Assert.Equal(1, sampler);
        Assert.Contains("OTEL_TRACES_SAMPLER: 'sometimes' is none of always_on", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);

        await using var other = await NotifyHubProcess.StartAsync(("MetricsPort", "0"));
        var (taken, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("MetricsPort", $"{other.MetricsPort}"));
        Assert.Equal(1, taken);
        Assert.Contains(
            $"Port {other.MetricsPort} is in use by another process. Stop it, or set NotifyHub:MetricsPort", output,
            StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);

        var (faulty, fault) = await NotifyHubProcess.RunToItsEndAsync(
            null, ("MetricsPort", "70000"), ("MetricsAddress", "everywhere"));
        Assert.Equal(1, faulty);
        Assert.Contains("MetricsPort", fault, StringComparison.Ordinal);
        Assert.Contains("NotifyHub:MetricsAddress: 'everywhere'", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_usual_level_the_log_holds_no_payload_password_key_or_token()
    {
        await using var hub = await NotifyHubProcess.StartAsync(
            ("PushKey", "hydrangea"), ("JwtKey", "wisteria-wisteria-wisteria-wisteria"));
        await using var client = await hub.ConnectAsync();
        using var rest = await hub.LogInAsync();
        (await rest.PostAsync("/api/auth/login", """{"email":"iris@example.com","password":"peony"}"""))
            .ExpectError(HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS");
        using (var push = await hub.ConnectPushAsync())
        {
            Assert.Equal("ok", await push.PushAsync("AUTH hydrangea"));
            Assert.Equal("ok", await push.PushAsync("""{"camellia":1}"""));
            Assert.StartsWith("error:", await push.PushAsync("""{"camellia":"""), StringComparison.Ordinal);
        }

        (await rest.PostAsync("/api/push", """{"camellia":2}""")).Expect(HttpStatusCode.OK);
        (await rest.PostAsync("/api/push", """{"camellia":""")).ExpectError(HttpStatusCode.BadRequest, "VALIDATION_ERROR");
        await client.SendAsync("camellia");
        await client.NextAsync();
        Assert.Equal(0, await hub.StopAsync());

        foreach (var secret in (string[])["hydrangea", "wisteria", "peony", "camellia", rest.Token!])
            Assert.DoesNotContain(secret, hub.Output, StringComparison.OrdinalIgnoreCase);
    }
}
