namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The time by which the grid deletes what is old. It follows the clocks of the machines, but not at once when they jump ahead:
/// a wrong clock must not empty the log. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IRetentionGrain")]
public interface IRetentionGrain : IGrainWithIntegerKey
{
    [Alias("NowAsync")]
    Task<DateTimeOffset> NowAsync();
}
