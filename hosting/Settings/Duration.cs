using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace NotifyHub.Hosting.Settings;

/// <summary>
/// Times as settings write them: <c>500ms</c>, <c>90s</c>, <c>15m</c>, <c>24h</c>, <c>7d</c>, or <c>[d.]hh:mm:ss[.fff]</c>.
/// .NET's own reading
/// takes more, and not as it was meant: <c>24:00:00</c> is 24 days to it, and so is <c>24</c>.
/// </summary>
public static partial class Duration
{
    /// <summary>What a time may look like, for messages.</summary>
    public const string Forms = "a time such as 500ms, 90s, 15m, 24h, 7d or 1.02:30:00 (days.hours:minutes:seconds, hours to 23)";

    private static readonly TypeDescriptionProvider Registered =
        TypeDescriptor.AddAttributes(typeof(TimeSpan), new TypeConverterAttribute(typeof(Converter)));

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Makes configuration read every <see cref="TimeSpan"/> this way. The binder can't be given a converter for one
    /// class alone.</summary>
    public static void UseInConfiguration() => _ = Registered;

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (WithUnit().Match(text) is { Success: true } match)
        {
            var length = Units.Single(unit => unit.Unit == match.Groups[2].Value).Length;
            var digits = match.Groups[1].ValueSpan;
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
            if (count > TimeSpan.MaxValue.Ticks / length.Ticks) return false;
            duration = length * count;
            return true;
        }

        return Clock().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
    }

    /// <summary>The shortest form: of the largest unit that leaves no rest.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        foreach (var (unit, length) in Units)
        {
            if (duration > TimeSpan.Zero && duration.Ticks % length.Ticks == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / length.Ticks}{unit}");
        }

        return duration.ToString("c", CultureInfo.InvariantCulture);
    }

    /// <summary>Why this is no time, with what .NET would have made of it.</summary>
    public static string Fault(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var meant) && meant > TimeSpan.Zero
            ? $"'{text}' would mean {Format(meant)}; write {Forms}."
            : $"'{text}' is not {Forms}.";

    [GeneratedRegex(@"^([0-9]+)(ms|s|m|h|d)\z")]
    private static partial Regex WithUnit();

    [GeneratedRegex(@"^([0-9]+\.)?([01]?[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?\z")]
    private static partial Regex Clock();

    private sealed class Converter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value)
        {
            var text = (string)value;
            return TryParse(text, out var duration) ? duration : throw new FormatException(Fault(text));
        }

        public override object? ConvertTo(
            ITypeDescriptorContext? context, CultureInfo? culture, object? value, Type destinationType) =>
            value is TimeSpan duration && destinationType == typeof(string)
                ? duration.ToString("c", CultureInfo.InvariantCulture)
                : base.ConvertTo(context, culture, value, destinationType);
    }
}
