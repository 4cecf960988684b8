namespace NotifyHub.Bench.Compare;

internal sealed record Section(string Title, IReadOnlyList<Row> Rows)
{
    public IEnumerable<Load> Loads => Rows.SelectMany(r => r.Loads).DistinctBy(l => l.Name);
}
