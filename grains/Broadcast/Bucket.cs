using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// A piece of what all channels keep for equally long: a partition on PostgreSQL. Messages go into the newest bucket of their
/// class, and are dropped with it once the next one has been open for as long as the class is kept. No clock of a silo and no
/// time of a message has a say in that, so a clock that is wrong makes no holes.
/// </summary>
/// <param name="Number">As it is stored: its class, and how many of the class were before it.</param>
public readonly record struct Bucket(int Number)
{
    private const int Classes = 8;

    /// <summary>The classes that are stored.</summary>
    public static readonly IReadOnlyList<Retention> Stored = [Retention.Hour, Retention.Day, Retention.Week, Retention.Month];

    public Retention Retention => (Retention)(Number % Classes);

    public Bucket Next => new(Number + Classes);

    /// <summary>How long messages of the class are kept at least.</summary>
    public TimeSpan Lifetime => Retention switch
    {
        Retention.Hour => TimeSpan.FromHours(1),
        Retention.Day => TimeSpan.FromDays(1),
        Retention.Week => TimeSpan.FromDays(7),
        _ => TimeSpan.FromDays(30),
    };

    /// <summary>How long messages go into it, so how much longer than <see cref="Lifetime"/> they may be kept. Few buckets make
    /// reads cheap: each is an index of its own.</summary>
    public TimeSpan Period => Retention switch
    {
        Retention.Hour => TimeSpan.FromMinutes(30),
        Retention.Day => TimeSpan.FromHours(6),
        Retention.Week => TimeSpan.FromDays(1),
        _ => TimeSpan.FromDays(3),
    };
}
