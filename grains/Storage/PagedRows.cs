using System.Data.Common;
using Dapper;

namespace NotifyHub.Grains.Storage;

/// <summary>Reads one page of rows, and counts how many there are on all pages.</summary>
internal static class PagedRows
{
    /// <param name="columns">What to read of each row; this and the next two are part of the SQL, never a user's input.</param>
    /// <param name="source">A table and its conditions.</param>
    /// <param name="arguments">What the conditions name; null: nothing.</param>
    /// <param name="page">From 1.</param>
    public static async Task<(List<T> Rows, long Total)> ReadAsync<T>(
        DbConnection connection, string columns, string source, string order, object? arguments, int page, int limit)
    {
        var range = new PageRange(page, limit);
        var values = range.With(arguments);
        var total = await connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {source}", values);
        if (range.Skip >= total) return ([], total);
        var rows = await connection.QueryAsync<T>(
            $"SELECT {columns} FROM {source} ORDER BY {order} {PageRange.Sql}", values);
        return (rows.AsList(), total);
    }
}
