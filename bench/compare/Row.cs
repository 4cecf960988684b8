namespace NotifyHub.Bench.Compare;

/// <summary>A row of a table.</summary>
/// <param name="Loads">The runs that the value is computed from, in this order.</param>
/// <param name="Value">Null if the runs do not give it.</param>
/// <param name="AgainstFloor">Adds a row with the ratio to the floor.</param>
/// <param name="Ratio">Whether a ratio to the baseline is meaningful.</param>
internal sealed record Row(
    string Title, IReadOnlyList<Load> Loads, Func<IReadOnlyList<Report>, double?> Value, bool AgainstFloor = false,
    bool Ratio = true);
