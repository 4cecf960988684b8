namespace NotifyHub.GrainInterfaces;

/// <summary>A REST notification before it has a place in the log. Fields are validated by the gateway.</summary>
/// <param name="Type">"windows" unless given.</param>
/// <param name="Title">1–255 characters.</param>
/// <param name="Message">1–10,000 characters.</param>
/// <param name="Severity">info, success, warning, error or critical.</param>
/// <param name="Priority">low, normal or high.</param>
/// <param name="MetadataJson">Any JSON value, as given.</param>
/// <param name="CreatedAt">UTC, set by the gateway that accepted the request.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationDraft")]
public sealed record NotificationDraft(
    [property: Id(0)] string Type,
    [property: Id(1)] string Title,
    [property: Id(2)] string Message,
    [property: Id(3)] string Severity,
    [property: Id(4)] string Priority,
    [property: Id(5)] string? Icon,
    [property: Id(6)] string? ActionUrl,
    [property: Id(7)] string? Repo,
    [property: Id(8)] string? Branch,
    [property: Id(9)] string? CommitSha,
    [property: Id(10)] string? MetadataJson,
    [property: Id(11)] DateTimeOffset CreatedAt);
