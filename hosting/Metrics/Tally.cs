using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotifyHub.Hosting.Metrics;

/// <summary>
/// A counter with all values of its labels. Each is exported from the start, at 0: if one first appeared when something went
/// wrong, an alert would not see the increase.
/// </summary>
public sealed class Tally
{
    /// <summary>The meter of all instruments of the product.</summary>
    public const string MeterName = "NotifyHub";

    private readonly string[] _labels;
    private readonly ConcurrentDictionary<(string First, string Second), Count> _counts = new();

    /// <param name="label">Null: it has none, and is added to with <see cref="Add(long)"/>.</param>
    /// <param name="values">Those of the label that are known; others are added as they come, and must be few.</param>
    public Tally(
        Meter meter, string name, string unit, string description, string? label = null, params IEnumerable<string> values)
        : this(
            meter,
            name,
            unit,
            description,
            label is null ? [] : [label],
            label is null ? [("", "")] : values.Select(value => (value, "")))
    {
    }

    /// <param name="labels">Two, of which only the <paramref name="pairs"/> occur.</param>
    public Tally(
        Meter meter, string name, string unit, string description, (string First, string Second) labels,
        IEnumerable<(string First, string Second)> pairs)
        : this(meter, name, unit, description, [labels.First, labels.Second], pairs)
    {
    }

    private Tally(
        Meter meter, string name, string unit, string description, string[] labels,
        IEnumerable<(string First, string Second)> values)
    {
        _labels = labels;
        foreach (var value in values) _counts[value] = new Count();
        meter.CreateObservableCounter(name, Measure, unit, description);
    }

    public void Add(long count) => Add("", "", count);

    public void Add(string value, long count) => Add(value, "", count);

    public void Add(string first, string second, long count) =>
        Interlocked.Add(ref _counts.GetOrAdd((first, second), _ => new Count()).Value, count);

    private IEnumerable<Measurement<long>> Measure()
    {
        foreach (var ((first, second), count) in _counts)
        {
            var number = Volatile.Read(ref count.Value);
            yield return _labels switch
            {
                [] => new(number),
                [var label] => new(number, new KeyValuePair<string, object?>(label, first)),
                [var one, var other, ..] => new(number, new KeyValuePair<string, object?>(one, first), new(other, second)),
            };
        }
    }

    private sealed class Count
    {
        public long Value;
    }
}
