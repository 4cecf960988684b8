using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>The first line of the service card.</summary>
/// <param name="Kind">good, note or bad; sets the colour.</param>
/// <param name="Sign">The emoji in front of the headline.</param>
public sealed record ServiceState(string Kind, string Sign, Func<Texts, string> Headline)
{
    public static ServiceState Of(ServiceStatus status) => status switch
    {
        { ServiceRunning: false } => new("bad", "🔴", texts => texts.ServiceIsStopped),
        { Health.Status: "healthy" } => new("good", "🟢", texts => texts.ServiceIsHealthy),
        { Health.Status: "degraded" } => new("note", "🟡", texts => texts.ServiceIsDegraded),
        _ => new("bad", "🔴", texts => texts.ServiceIsUnhealthy),
    };

    /// <summary>The emoji of a check that is ok, warning or error.</summary>
    public static string SignOf(string check) => check switch
    {
        "ok" => "✅",
        "warning" => "⚠️",
        _ => "❌",
    };
}
