using Microsoft.Extensions.Options;
using NotifyHub.Grains;
using NotifyHub.Grains.Storage;
using OpenTelemetry;
using OpenTelemetry.Metrics;

if (args is [HealthProbe.Argument, .. var rest])
    return await HealthProbe.AskAsync("*", HealthProbe.Settings(rest).Get<SiloOptions>()?.HealthPort ?? new SiloOptions().HealthPort);

// The settings lie beside the program, wherever it is started.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration.AddSecretFiles() is { } missing)
{
    await Console.Error.WriteLineAsync(missing);
    return 1;
}

builder.UseOrleans(silo => silo.AddNotifyHubSilo(builder.Configuration, embedded: false).AddActivityPropagation());

// The exporter reads the standard OTEL_* variables itself; without an endpoint it would only retry and complain.
if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
{
    builder.Services.AddOpenTelemetry()
        .WithMetrics(metrics => metrics.AddMeter("Microsoft.Orleans", "NotifyHub*").AddRuntimeInstrumentation())
        .WithTracing(traces => traces.AddSource("Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "NotifyHub*"))
        .UseOtlpExporter();
}

await using var app = builder.Build();

app.MapGet("/health/live", () => Results.Ok());
app.MapGet("/health/ready", async (ISiloStatusOracle silo, Database database, CancellationToken cancellation) =>
    silo.CurrentStatus == SiloStatus.Active && await database.CheckAsync(cancellation) is null
        ? Results.Ok()
        : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));

if (await app.Services.PrepareSiloAsync() is { } fault)
{
    await Console.Error.WriteLineAsync(fault);
    return 1;
}

app.Urls.Add($"http://*:{app.Services.GetRequiredService<IOptions<SiloOptions>>().Value.HealthPort}");
await app.RunAsync();
return 0;
