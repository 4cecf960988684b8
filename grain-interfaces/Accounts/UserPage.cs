namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many match in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserPage")]
public sealed record UserPage(
    [property: Id(0)] User[] Users,
    [property: Id(1)] long Total);
