using Dapper;

namespace NotifyHub.Grains.Storage;

/// <summary>The rows of one page.</summary>
/// <param name="Page">From 1.</param>
internal readonly record struct PageRange(int Page, int Limit)
{
    /// <summary>Ends a query; <see cref="With"/> has its values.</summary>
    public const string Sql = "LIMIT @Limit OFFSET @Skip";

    public long Skip => (Page - 1L) * Limit;

    /// <param name="arguments">What the rest of the query names; null: nothing.</param>
    public DynamicParameters With(object? arguments)
    {
        var values = new DynamicParameters(arguments);
        values.Add(nameof(Limit), Limit);
        values.Add(nameof(Skip), Skip);
        return values;
    }
}
