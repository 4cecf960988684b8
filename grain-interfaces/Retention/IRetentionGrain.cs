namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The time by which the grid deletes what is old. It follows the clocks of the machines, but not at once when they jump ahead: a wrong clock must not
/// empty the log. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IRetentionGrain")]
public interface IRetentionGrain : IGrainWithIntegerKey
{
    [Alias("NowAsync")]
    Task<DateTimeOffset> NowAsync();
}

/// <param name="Trusted">The time by which was deleted last.</param>
/// <param name="Doubted">How long, in running time, the clock has been further ahead than that explains.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.RetentionState")]
public sealed record RetentionState(
    [property: Id(0)] DateTimeOffset Trusted,
    [property: Id(1)] TimeSpan Doubted);
