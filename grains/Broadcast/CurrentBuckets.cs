using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The newest bucket of each class.</summary>
internal sealed record CurrentBuckets(long Hour, long Day, long Week, long Month)
{
    public long Of(Retention retention) => retention switch
    {
        Retention.Hour => Hour,
        Retention.Day => Day,
        Retention.Week => Week,
        Retention.Month => Month,
        _ => throw new ArgumentOutOfRangeException(nameof(retention), retention, "Not a class that is stored."),
    };
}
