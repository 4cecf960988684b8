using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotifyHub.Gateway.Api;

/// <summary>Why a health check fails, for its caller; a health check itself has one language and no error code.</summary>
/// <param name="What">What is wrong.</param>
/// <param name="Field">What it is called in the answer's details; null: as the check.</param>
/// <param name="Error">The error that the API answers meanwhile.</param>
internal sealed record HealthFault(Text What, string? Field, ApiError Error)
{
    private const string Key = "fault";

    public HealthFault(Text what) : this(what, null, ErrorCatalogue.Unavailable)
    {
    }

    public static HealthFault? Of(HealthReportEntry entry) => entry.Data.GetValueOrDefault(Key) as HealthFault;

    public HealthCheckResult Result(Exception? cause = null) =>
        HealthCheckResult.Unhealthy(What.English, cause, new Dictionary<string, object> { [Key] = this });
}
