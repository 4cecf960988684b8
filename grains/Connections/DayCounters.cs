using System.Data.Common;
using Dapper;

namespace NotifyHub.Grains.Connections;

/// <summary>What one transaction adds to the table <c>session_day</c>.</summary>
internal sealed class DayCounters
{
    private readonly SortedDictionary<string, Counters> _days = new(StringComparer.Ordinal);

    public Counters this[string day]
    {
        get
        {
            if (!_days.TryGetValue(day, out var counters)) _days[day] = counters = new Counters { Day = day };
            return counters;
        }
    }

    /// <summary>Called last in its transaction; updates the days in order, so that two gateways cannot deadlock.</summary>
    public Task SaveAsync(DbConnection connection, DbTransaction transaction) => connection.ExecuteAsync(
        """
        INSERT INTO session_day (day, opened, ended, errors, sent, received, duration_ms)
        VALUES (@Day, @Opened, @Ended, @Errors, @Sent, @Received, @Duration)
        ON CONFLICT (day) DO UPDATE SET
            opened = session_day.opened + excluded.opened,
            ended = session_day.ended + excluded.ended,
            errors = session_day.errors + excluded.errors,
            sent = session_day.sent + excluded.sent,
            received = session_day.received + excluded.received,
            duration_ms = session_day.duration_ms + excluded.duration_ms
        """,
        _days.Values,
        transaction);

    public sealed class Counters
    {
        public string Day { get; init; } = "";
        public long Opened { get; set; }
        public long Ended { get; set; }
        public long Errors { get; set; }
        public long Sent { get; set; }
        public long Received { get; set; }
        public long Duration { get; set; }
    }
}
