using System.Globalization;

namespace NotifyHub.Console.Language;

/// <summary>
/// The grid's own time zone, in which its API tells dates. The console shows every time in it, also those that come as UTC: two people
/// who look at the same row read the same time, wherever they sit.
/// </summary>
public sealed class GridTime
{
    private const string InputFormat = "yyyy-MM-dd'T'HH:mm";

    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public void Set(string zone) => Zone = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;

    public string Show(DateTimeOffset time) => Formats.Time(time, Zone);

    public string Show(DateTimeOffset? time) => time is { } value ? Show(value) : "—";

    /// <summary>As a date and time input holds it.</summary>
    public string ToInput(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone).ToString(InputFormat, CultureInfo.InvariantCulture);

    /// <summary>What a person typed as the grid's time; null: it is no time, or one that the zone's clocks skip.</summary>
    public DateTimeOffset? FromInput(string? text)
    {
        string[] formats = [InputFormat, "yyyy-MM-dd'T'HH:mm:ss"];
        if (!DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return null;
        return Zone.IsInvalidTime(time) ? null : new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(time, Zone), TimeSpan.Zero);
    }
}
