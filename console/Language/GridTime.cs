using System.Globalization;

namespace NotifyHub.Console.Language;

/// <summary>
/// The time zone of the grid. The console shows every time in it, also those that the API sends as UTC: two people who look at
/// the same row see the same time, wherever they are.
/// </summary>
public sealed class GridTime
{
    private const string InputFormat = "yyyy-MM-dd'T'HH:mm";

    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public void Set(string zone) => Zone = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;

    public string Show(DateTimeOffset time) => Formats.Time(time, Zone);

    public string Show(DateTimeOffset? time) => time is { } value ? Show(value) : "—";

    /// <summary>The value of a date and time input.</summary>
    public string ToInput(DateTimeOffset time) =>
        TimeZoneInfo.ConvertTime(time, Zone).ToString(InputFormat, CultureInfo.InvariantCulture);

    /// <summary>The time that was typed; null if it is not a time, or is one that the zone's clocks skip.</summary>
    public DateTimeOffset? FromInput(string? text)
    {
        string[] formats = [InputFormat, "yyyy-MM-dd'T'HH:mm:ss"];
        if (!DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return null;
        return Zone.IsInvalidTime(time) ? null : new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(time, Zone), TimeSpan.Zero);
    }
}
