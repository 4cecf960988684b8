using System.Globalization;

namespace NotifyHub.Console.Language;

/// <summary>Numbers and times as the console shows them, the same in both languages.</summary>
public static class Formats
{
    /// <summary>12,345</summary>
    public static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>12,345 · 87.3 · 0.42: about three significant digits.</summary>
    public static string Rate(double rate) => rate switch
    {
        >= 100 => rate.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => rate.ToString("0.0", CultureInfo.InvariantCulture),
        > 0 => rate.ToString("0.##", CultureInfo.InvariantCulture),
        _ => "0",
    };

    /// <summary>0.42 ms · 87 ms · 1.25 s</summary>
    public static string Milliseconds(double milliseconds) => milliseconds >= 1000
        ? $"{(milliseconds / 1000).ToString("0.00", CultureInfo.InvariantCulture)} s"
        : $"{Rate(milliseconds)} ms";

    /// <summary>2026-11-23 17:41:00, in the given zone.</summary>
    public static string Time(DateTimeOffset time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
