using System.Globalization;

namespace NotifyHub.Grains.Storage;

/// <summary>Counters are stored per day: a date of the server's time zone as <c>yyyy-MM-dd</c>, which sorts as text.</summary>
internal static class StoredDay
{
    public static string Of(DateTimeOffset at, TimeZoneInfo zone) => Name(TimeZoneInfo.ConvertTime(at, zone).Date);

    /// <summary>A number of consecutive days, up to the day of a time.</summary>
    public static string[] Last(int days, DateTimeOffset upTo, TimeZoneInfo zone)
    {
        var today = TimeZoneInfo.ConvertTime(upTo, zone).Date;
        return [.. Enumerable.Range(1 - days, days).Select(offset => Name(today.AddDays(offset)))];
    }

    private static string Name(DateTime date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
