using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using OpenTelemetry.Trace;

namespace NotifyHub.Telemetry;

/// <summary>
/// Samples as <c>OTEL_TRACES_SAMPLER</c> says, and lets traces begin only where something comes in. Gateways and silos call each
/// other several times per second by themselves: each of these calls would otherwise be its own trace.
/// </summary>
internal sealed class EntrySampler(Sampler sampler) : Sampler
{
    private const string HttpRequest = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.ParentContext.TraceId != default || samplingParameters.Name is HttpRequest or Tracing.Push
            ? sampler.ShouldSample(samplingParameters)
            : new SamplingResult(SamplingDecision.Drop);

    /// <exception cref="OptionsValidationException">The variables do not name a sampler; the message says which do.</exception>
    public static EntrySampler Of(IConfiguration configuration)
    {
        var name = configuration["OTEL_TRACES_SAMPLER"];
        Sampler root = name switch
        {
            null or "" or "parentbased_always_on" or "always_on" => new AlwaysOnSampler(),
            "parentbased_always_off" or "always_off" => new AlwaysOffSampler(),
            "parentbased_traceidratio" or "traceidratio" =>
                new TraceIdRatioBasedSampler(Ratio(configuration["OTEL_TRACES_SAMPLER_ARG"])),
            _ => throw Fault(
                $"OTEL_TRACES_SAMPLER: '{name}' is none of always_on, always_off, traceidratio, "
                + "and these with parentbased_ before them."),
        };
        return new EntrySampler(string.IsNullOrEmpty(name) || name.StartsWith("parentbased_", StringComparison.Ordinal)
            ? new ParentBasedSampler(root)
            : root);
    }

    private static double Ratio(string? argument)
    {
        if (string.IsNullOrEmpty(argument)) return 1;
        return double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
                && ratio is >= 0 and <= 1
            ? ratio
            : throw Fault($"OTEL_TRACES_SAMPLER_ARG: '{argument}' is not a number from 0 to 1.");
    }

    private static OptionsValidationException Fault(string what) => new("OTEL_TRACES_SAMPLER", typeof(EntrySampler), [what]);
}
