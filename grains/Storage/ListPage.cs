namespace NotifyHub.Grains.Storage;

/// <param name="Ids">In the list's order.</param>
/// <param name="Total">How many rows fit, on all pages.</param>
/// <param name="IsTruncated">Older rows were not looked at.</param>
internal sealed record ListPage(IReadOnlyList<long> Ids, long Total, bool IsTruncated)
{
    /// <summary>The condition that a row is on the page, which must not be empty; valid SQL for both databases.</summary>
    public string Condition => $"id IN ({string.Join(", ", Ids)})";
}
