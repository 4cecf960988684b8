using NotifyHub.Hosting.Settings;

namespace NotifyHub.Gateway.Api;

/// <summary>All faults of a request, one per field, so that a caller can correct them all at once.</summary>
public sealed class Faults
{
    /// <summary>The field that stands for the body as a whole.</summary>
    public const string Body = "body";

    // Bounds the answer: a batch of a thousand wrong notifications would get a megabyte.
    private const int MaxFaults = 100;

    // An unknown name is repeated in the answer. A longer one is cut and gets no suggestion, whose cost grows with the length.
    private const int MaxNameLength = 64;

    private readonly Dictionary<string, Text> _byField;
    private readonly string _prefix;

    public Faults() : this([], "")
    {
    }

    private Faults(Dictionary<string, Text> byField, string prefix) => (_byField, _prefix) = (byField, prefix);

    /// <summary>How many fields have one; counted up to a bound.</summary>
    public int Count => _byField.Count;

    public bool Any => _byField.Count > 0;

    /// <summary>Notes a fault. The first one of a field stays; later ones only follow from it.</summary>
    public void Add(string field, Text what)
    {
        if (_byField.Count < MaxFaults) _byField.TryAdd(_prefix + field, what);
    }

    /// <summary>Notes a fault on a name that is none of the known ones, with the one that was probably meant.</summary>
    public void AddUnlessKnown(string name, IReadOnlyList<string> known, Text unknown, StringComparer? comparer = null)
    {
        if (_byField.Count >= MaxFaults || known.Contains(name, comparer ?? StringComparer.Ordinal)) return;
        if (name.Length > MaxNameLength) Add($"{name[..MaxNameLength]}…", unknown);
        // A body can repeat one name a million times, and a guess takes time.
        else if (Has(name)) return;
        else if (NearestName.Of(name, known) is not { } near) Add(name, unknown);
        else Add(name, new($"{unknown.Chinese}，是否為 {near}？", $"{unknown.English}; did you mean {near}?"));
    }

    public bool Has(string field) => _byField.ContainsKey(_prefix + field);

    /// <summary>The same faults, for one element of a batch: its fields are called <c>3.title</c>.</summary>
    public Faults Of(int index) => new(_byField, $"{_prefix}{index}.");

    /// <summary>The same faults, for one element of an array of messages: its fields are called <c>[3].channel</c>.</summary>
    public Faults OfElement(int index) => new(_byField, $"{_prefix}[{index}].");

    /// <summary>The same faults, for an object in a field: its fields are called <c>notification.title</c>.</summary>
    public Faults Of(string field) => new(_byField, $"{_prefix}{field}.");

    public Dictionary<string, string> For(HttpRequest request)
    {
        var english = Text.IsEnglish(request);
        return _byField.ToDictionary(fault => fault.Key, fault => english ? fault.Value.English : fault.Value.Chinese);
    }
}
