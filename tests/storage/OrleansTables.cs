using System.Data;
using System.Data.Common;
using NotifyHub.Grains.Storage;

namespace NotifyHub.StorageTests;

/// <summary>
/// Calls the queries as Orleans' ADO.NET providers do: text from OrleansQuery, a pooled connection, no transaction, every row of
/// every result set, parameters of the same types.
/// </summary>
internal sealed class OrleansTables(Database database, Dictionary<string, string> queries)
{
    public IReadOnlyCollection<string> Keys => queries.Keys;

    public static async Task<OrleansTables> LoadAsync(Database database)
    {
        var queries = new Dictionary<string, string>();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT QueryKey, QueryText FROM OrleansQuery";
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            queries.Add(
                (string)reader.GetValue(reader.GetOrdinal("QueryKey")),
                (string)reader.GetValue(reader.GetOrdinal("QueryText")));
        }

        return new OrleansTables(database, queries);
    }

    public async Task<List<T>> QueryAsync<T>(
        string key, Func<DbDataReader, T> read, params (string Name, DbType Type, object? Value)[] parameters)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = queries[key];
        foreach (var (name, type, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            parameter.DbType = type;
            parameter.Direction = ParameterDirection.Input;
            command.Parameters.Add(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        do
        {
            while (await reader.ReadAsync()) rows.Add(read(reader));
        }
        while (await reader.NextResultAsync());
        return rows;
    }

    /// <summary>An operation that answers whether it did something: one column, at least one row, the first counts.</summary>
    public async Task<bool> TryAsync(string key, params (string Name, DbType Type, object? Value)[] parameters) =>
        (await QueryAsync(
            key,
            reader => reader.FieldCount == 1
                ? Convert.ToBoolean(reader.GetValue(0))
                : throw new InvalidOperationException("Expected a single column"),
            parameters))[0];

    public Task RunAsync(string key, params (string Name, DbType Type, object? Value)[] parameters) =>
        QueryAsync(key, _ => true, parameters);
}
