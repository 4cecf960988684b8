using Dapper;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Deletes any number of rows in small transactions: SQLite has one writer, and commits of messages must get their turn in
/// between.
/// </summary>
internal static class BatchedDelete
{
    /// <summary>Returns how many rows were deleted.</summary>
    /// <param name="table">The table's name; this and the next two are part of the SQL, never a user's input.</param>
    /// <param name="key">The columns of its primary key.</param>
    /// <param name="which">The condition that they are to be deleted, and the order.</param>
    /// <param name="arguments">What the condition names.</param>
    /// <param name="size">Rows per transaction.</param>
    /// <param name="keep">How many stay, from the first in the order.</param>
    public static async Task<long> RunAsync(
        Database database, string table, string key, string which, object arguments, int size, CancellationToken cancellation,
        long keep = 0)
    {
        var values = new DynamicParameters(arguments);
        values.Add("BatchSize", size);
        values.Add("Keep", keep);
        var sql =
            $"""
            DELETE FROM {table} WHERE ({key}) IN
                (SELECT {key} FROM {table} WHERE {which} LIMIT @BatchSize OFFSET @Keep)
            """;
        long deleted = 0;
        while (true)
        {
            var batch = await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(
                    new(sql, values, transaction, cancellationToken: cancellation)),
                cancellation);
            deleted += batch;
            if (batch < size) return deleted;
        }
    }
}
