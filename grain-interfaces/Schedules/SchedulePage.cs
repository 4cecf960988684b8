namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many match in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SchedulePage")]
public sealed record SchedulePage(
    [property: Id(0)] Schedule[] Schedules,
    [property: Id(1)] long Total);
