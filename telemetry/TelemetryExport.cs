using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NotifyHub.Telemetry;

/// <summary>What a process measures, and where it goes: to a collector, as the standard <c>OTEL_*</c> variables say, and to
/// Prometheus.</summary>
public static class TelemetryExport
{
    public const string Meter = "NotifyHub";

    private static readonly string[] Meters =
    [
        Meter, "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql",
    ];

    private static readonly string[] Sources = [Tracing.SourceName, "Microsoft.Orleans.Application", "Npgsql"];

    /// <summary>Adds the exporters that the settings name; without any, nothing is collected.</summary>
    /// <param name="service">Name of the service, unless <c>OTEL_SERVICE_NAME</c> or <c>OTEL_RESOURCE_ATTRIBUTES</c> name
    /// one.</param>
    /// <param name="endPoint">Where Prometheus scrapes.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service, MetricsEndPoint endPoint)
    {
        builder.Services.AddSingleton(endPoint);
        endPoint.ListenOn(builder.Services);
        var isExported = OtlpVariables.EndPoints.Any(name => !string.IsNullOrEmpty(builder.Configuration[name]))
            && !string.Equals(builder.Configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);
        if (isExported) OtlpVariables.Check(builder.Configuration);
        if (!isExported && endPoint.Wanted is null) return;

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, service, builder.Configuration))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddRuntimeInstrumentation();
                if (endPoint.Wanted is not null) metrics.AddPrometheusExporter();
            });
        if (!isExported) return;

        telemetry
            .WithTracing(traces => traces
                // Requests of the API: a scrape or a probe is no trace.
                .AddAspNetCoreInstrumentation(options =>
                    options.Filter = context => context.Request.Path.StartsWithSegments("/api"))
                .AddSource(Sources)
                .SetSampler(EntrySampler.Of(builder.Configuration)))
            .UseOtlpExporter();
        builder.Services.Configure<OpenTelemetryLoggerOptions>(logs => logs.IncludeFormattedMessage = true);
    }

    /// <summary>Answers the metrics port. Must be the first middleware: nothing else may be reachable there.</summary>
    public static void UseMetrics(this WebApplication app) => MetricsEndPoint.Use(app);

    private static void Describe(ResourceBuilder resource, string service, ConfigurationManager configuration)
    {
        var isNamed = !string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"])
            || (configuration["OTEL_RESOURCE_ATTRIBUTES"] ?? "").Contains("service.name=", StringComparison.Ordinal);
        if (!isNamed) resource.AddService(service, serviceVersion: Version());
        else resource.AddAttributes([new("service.version", Version())]);
    }

    private static string Version() => Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3) ?? "0.0.0";
}
