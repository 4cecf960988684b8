using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotifyHub.Grains.Telemetry;

/// <summary>
/// A counter, of all values of its one label at once. Each is there from the start, at 0: of one that first appeared when something went wrong
/// an alert would not see the increase.
/// </summary>
public sealed class Tally
{
    private readonly string? _label;
    private readonly ConcurrentDictionary<string, Count> _counts = new(StringComparer.Ordinal);

    /// <param name="label">Null: it has none, and is added to with <see cref="Add(long)"/>.</param>
    /// <param name="values">Those of the label that are known; others are added as they come, and must be few.</param>
    public Tally(Meter meter, string name, string unit, string description, string? label = null, params IEnumerable<string> values)
    {
        _label = label;
        foreach (var value in label is null ? [""] : values) _counts[value] = new Count();
        meter.CreateObservableCounter(name, Measure, unit, description);
    }

    public void Add(long count) => Add("", count);

    public void Add(string value, long count) => Interlocked.Add(ref _counts.GetOrAdd(value, _ => new Count()).Value, count);

    private IEnumerable<Measurement<long>> Measure()
    {
        foreach (var (value, count) in _counts)
        {
            var number = Volatile.Read(ref count.Value);
            yield return _label is null ? new(number) : new(number, new KeyValuePair<string, object?>(_label, value));
        }
    }

    private sealed class Count
    {
        public long Value;
    }
}
