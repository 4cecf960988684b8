namespace NotifyHub.Bench.Compare;

/// <summary>A line of a table.</summary>
/// <param name="Loads">What it is computed from, in this order.</param>
/// <param name="Value">Null when the runs do not tell.</param>
/// <param name="AgainstFloor">A further line gives the ratio to the floor.</param>
/// <param name="Ratio">Whether a ratio to the baseline says anything.</param>
internal sealed record Row(
    string Title, IReadOnlyList<Load> Loads, Func<IReadOnlyList<Report>, double?> Value, bool AgainstFloor = false, bool Ratio = true);
