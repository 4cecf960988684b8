using System.Diagnostics.CodeAnalysis;
using Cronos;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// When a schedule runs. When summer time begins, a run in the skipped hour happens at its end; when it ends, a run at a fixed
/// time happens once, and one of an interval (<c>*</c>, <c>/</c>, <c>-</c>) in both hours.
/// </summary>
public static class Recurrence
{
    private const int Fields = 5;

    /// <summary>Five fields: minute, hour, day, month, day of the week.</summary>
    public static bool TryParseCron(string text, [NotNullWhen(true)] out CronExpression? cron)
    {
        cron = null;
        // The library also takes macros such as @daily, which are no five fields.
        return text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length == Fields
            && CronExpression.TryParse(text, out cron);
    }

    /// <summary>The first run after that time; null: none is to come.</summary>
    /// <exception cref="CronFormatException">Not a cron expression.</exception>
    /// <exception cref="TimeZoneNotFoundException">This machine does not know the time zone.</exception>
    public static DateTimeOffset? Next(ScheduleDraft draft, DateTimeOffset after) => draft.Kind == ScheduleKind.Once
        ? draft.At > after ? draft.At : null
        : CronExpression.Parse(draft.Cron!).GetNextOccurrence(after, Zone(draft))?.ToUniversalTime();

    /// <summary>The runs from the first time to the last, both included, in order.</summary>
    public static IEnumerable<DateTimeOffset> Between(ScheduleDraft draft, DateTimeOffset first, DateTimeOffset last) =>
        draft.Kind == ScheduleKind.Once
            ? draft.At >= first && draft.At <= last ? [draft.At.Value] : []
            : CronExpression.Parse(draft.Cron!)
                .GetOccurrences(first, last, Zone(draft), fromInclusive: true, toInclusive: true)
                .Select(occurrence => occurrence.ToUniversalTime());

    private static TimeZoneInfo Zone(ScheduleDraft draft) => TimeZoneInfo.FindSystemTimeZoneById(draft.TimeZone!);
}
