using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace NotifyHub.TelemetryTests;

/// <summary>
/// A collector as OpenTelemetry specifies it: OTLP over gRPC and over HTTP with protobuf, on ports that the system assigns.
/// Decodes and keeps what arrives.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Span> _spans = [];
    private readonly List<LogLine> _logs = [];
    private readonly Dictionary<(string Service, string Meter, string Name), Metric> _metrics = [];
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public string GrpcEndPoint => _app.Urls.First();

    public string HttpEndPoint => _app.Urls.Last();

    public IReadOnlyList<Span> Spans
    {
        get
        {
            lock (_gate) return [.. _spans];
        }
    }

    public IReadOnlyList<LogLine> Logs
    {
        get
        {
            lock (_gate) return [.. _logs];
        }
    }

    public IReadOnlyList<Metric> Metrics
    {
        get
        {
            lock (_gate) return [.. _metrics.Values];
        }
    }

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // gRPC starts with HTTP/2 right away.
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/{signal}", receiver.TakeHttpAsync);
        app.MapPost("/opentelemetry.proto.collector.{signal}.v1.{service}/Export", receiver.TakeGrpcAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeHttpAsync(HttpContext context, string signal)
    {
        if (context.Request.ContentType != "application/x-protobuf") throw new InvalidDataException(context.Request.ContentType);
        Take(signal, await BodyAsync(context));
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task TakeGrpcAsync(HttpContext context, string signal, string service)
    {
        if (context.Request.ContentType != "application/grpc") throw new InvalidDataException(context.Request.ContentType);
        var body = await BodyAsync(context);
        // One message: a compression flag, its length, its bytes.
        var message = body.AsMemory(5, (int)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)));
        Take(signal, body[0] == 0 ? message : Unzip(message));
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }

    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return context.Request.Headers.ContentEncoding == "gzip" ? Unzip(body.ToArray()) : body.ToArray();
    }

    private static byte[] Unzip(ReadOnlyMemory<byte> bytes)
    {
        using var unzipped = new MemoryStream();
        using (var zipped = new GZipStream(new MemoryStream(bytes.ToArray()), CompressionMode.Decompress))
            zipped.CopyTo(unzipped);
        return unzipped.ToArray();
    }

    private void Take(string signal, ReadOnlyMemory<byte> bytes)
    {
        foreach (var resource in new Protobuf(bytes).Messages(1))
        {
            var service = Attributes(resource.Messages(1).Single(), 1)["service.name"];
            foreach (var scope in resource.Messages(2))
            {
                var name = scope.Messages(1).Single().Text(1);
                lock (_gate)
                {
                    foreach (var item in scope.Messages(2)) Take(signal, service, name, item);
                }
            }
        }
    }

    private void Take(string signal, string service, string scope, Protobuf item)
    {
        switch (signal)
        {
            case "trace" or "traces":
                _spans.Add(new Span(
                    service, scope, item.Text(5), item.Hex(1), item.Hex(2), item.Hex(4), Attributes(item, 9),
                    [.. item.Messages(13).Select(link => link.Hex(1))]));
                break;
            case "logs":
                _logs.Add(new LogLine(service, scope, item.Messages(5).Single().Text(1), item.Hex(9), Attributes(item, 6)));
                break;
            case "metrics":
                _metrics[(service, scope, item.Text(1))] = new Metric(
                    service, scope, item.Text(1), item.Text(3), item.Text(2), Kind(item));
                break;
            default:
                throw new InvalidDataException(signal);
        }
    }

    private static string Kind(Protobuf metric) =>
        metric.Has(9) ? "histogram"
        : metric.Has(5) ? "gauge"
        // A monotonic sum is a counter.
        : metric.Messages(7).Single().Number(3) == 1 ? "counter" : "up-down counter";

    private static Dictionary<string, string> Attributes(Protobuf of, int number) => of.Messages(number).ToDictionary(
        pair => pair.Text(1),
        pair => pair.Messages(2).SingleOrDefault() is { } value ? value.Has(1) ? value.Text(1) : $"{value.Number(3)}" : "",
        StringComparer.Ordinal);
}

/// <param name="Parent">Empty for a root span.</param>
/// <param name="Links">The traces that it links to.</param>
public sealed record Span(
    string Service, string Source, string Name, string Trace, string Id, string Parent, Dictionary<string, string> Attributes,
    string[] Links);

public sealed record LogLine(string Service, string Category, string Text, string Trace, Dictionary<string, string> Attributes);

/// <param name="Kind">counter, up-down counter, gauge or histogram.</param>
public sealed record Metric(string Service, string Meter, string Name, string Unit, string Description, string Kind);
