namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many there are in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleRunPage")]
public sealed record ScheduleRunPage(
    [property: Id(0)] ScheduleRun[] Runs,
    [property: Id(1)] long Total);
