using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace NotifyHub.Telemetry;

/// <summary>The standard variables that say where telemetry goes. The exporter passes over what it can't read, and sends to
/// localhost.</summary>
internal static class OtlpVariables
{
    private const string EndPoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private static readonly string[] Signals = ["TRACES", "METRICS", "LOGS"];

    // One of them is enough to know that a collector is there. Without any, the exporter would only try localhost and complain.
    public static IEnumerable<string> EndPoints =>
        [EndPoint, .. Signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")];

    private static IEnumerable<string> Protocols =>
        [Protocol, .. Signals.Select(signal => $"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")];

    /// <exception cref="OptionsValidationException">One of them can't be read; the message names it and what it may
    /// be.</exception>
    public static void Check(IConfiguration configuration)
    {
        string[] faults =
        [
            .. EndPoints.Where(name => configuration[name] is { Length: > 0 } value && !IsUrl(value))
                .Select(name => $"{name}: '{configuration[name]}' is no URL such as http://collector:4317."),
            .. Protocols.Where(name => configuration[name] is not (null or "" or "grpc" or "http/protobuf"))
                .Select(name => $"{name}: '{configuration[name]}' is neither grpc nor http/protobuf."),
        ];
        if (faults.Length > 0) throw new OptionsValidationException(EndPoint, typeof(OtlpVariables), faults);
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https");
}
