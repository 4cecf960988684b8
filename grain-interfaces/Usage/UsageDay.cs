namespace NotifyHub.GrainInterfaces;

/// <param name="Date">yyyy-MM-dd in the server's time zone.</param>
/// <param name="Errors">Answered with a status of 400 or more.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UsageDay")]
public sealed record UsageDay(
    [property: Id(0)] string Date,
    [property: Id(1)] long Requests,
    [property: Id(2)] long Errors,
    [property: Id(3)] TimeSpan Average);
