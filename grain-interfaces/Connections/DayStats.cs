namespace NotifyHub.GrainInterfaces;

/// <param name="Date">yyyy-MM-dd.</param>
/// <param name="Count">Sessions opened that day.</param>
/// <param name="Active">Of those, the ones still connected.</param>
/// <param name="Errors">Of those, the ones with errors.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.DayStats")]
public sealed record DayStats(
    [property: Id(0)] string Date,
    [property: Id(1)] long Count,
    [property: Id(2)] long Active,
    [property: Id(3)] long Errors);
