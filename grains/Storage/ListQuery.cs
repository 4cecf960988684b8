using System.Data.Common;
using Dapper;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Finds one page of a table, newest first. Conditions that an index serves reach the whole table; those that have to look at
/// each row (a part of a text) look at the newest <see cref="Window"/> rows that the others leave, so that a search costs the
/// same however much is stored.
/// </summary>
/// <param name="table">Its name, part of the SQL.</param>
/// <param name="columns">What the conditions and the order name.</param>
/// <param name="order">What makes it newest first, and can be read in that order by an index.</param>
internal sealed class ListQuery(string table, string columns, string order)
{
    public const int Window = 50_000;

    private readonly List<string> _indexed = [];
    private readonly List<string> _scanned = [];

    /// <summary>A condition that an index serves.</summary>
    public ListQuery Where(bool isWanted, string condition)
    {
        if (isWanted) _indexed.Add(condition);
        return this;
    }

    /// <summary>A condition that none does.</summary>
    public ListQuery Scan(bool isWanted, string condition)
    {
        if (isWanted) _scanned.Add(condition);
        return this;
    }

    /// <param name="arguments">What the conditions name.</param>
    /// <param name="page">From 1.</param>
    public async Task<ListPage> RunAsync(DbConnection connection, object arguments, int page, int limit)
    {
        var all = $"{table} {Clause(_indexed)}";
        if (_scanned.Count == 0)
        {
            var (ids, total) = await PagedRows.ReadAsync<long>(connection, "id", all, order, arguments, page, limit);
            return new ListPage(ids, total, IsTruncated: false);
        }

        var values = new PageRange(page, limit).With(arguments);
        var newest = $"FROM (SELECT {columns} FROM {all} ORDER BY {order} LIMIT {Window}) AS newest {Clause(_scanned)}";
        var found = (await connection.QueryAsync<(long Id, long Total)>(
            $"SELECT id, count(*) OVER () {newest} ORDER BY {order} {PageRange.Sql}", values)).AsList();
        // A page after the last one has no row with the total.
        var matches = found.Count > 0 ? found[0].Total
            : page == 1 ? 0
            : await connection.ExecuteScalarAsync<long>($"SELECT count(*) {newest}", values);
        var isTruncated = await connection.ExecuteScalarAsync<long>(
            $"SELECT count(*) FROM (SELECT 1 FROM {all} LIMIT {Window + 1}) AS looked", values) > Window;
        return new ListPage([.. found.Select(row => row.Id)], matches, isTruncated);
    }

    private static string Clause(List<string> conditions) =>
        conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
}
