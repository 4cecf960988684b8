using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// A guard and the rows behind it as one statement, which is a transaction of its own: one round trip, and no transaction that
/// stays open when the silo hangs. It is prepared, because planning it costs PostgreSQL as much as executing it for a few rows.
/// </summary>
/// <remarks>Never prepared behind a pooler: it may give another session, in which the same name is another statement.</remarks>
/// <param name="prepares">False: not at all.</param>
/// <param name="log">Gets why preparing ended, once.</param>
internal sealed partial class PostgresGuardedInsert(bool prepares, ILogger log)
{
    // A prepared statement that is not there, or another of the same name: a pooler has changed the server's connection beneath
    // us.
    private static readonly string[] NotPrepared =
    [
        PostgresErrorCodes.InvalidSqlStatementName,
        PostgresErrorCodes.DuplicatePreparedStatement,
        PostgresErrorCodes.ProtocolViolation,
    ];

    // By the guard and the tables that are written: a handful.
    private readonly ConcurrentDictionary<(string Guard, string Tables), string> _statements = new();
    private volatile bool _prepares = prepares;
    private bool _isEndLogged;
    private volatile bool _isDirect;

    /// <summary>False: the guard had no row, and nothing was inserted.</summary>
    /// <param name="connection">Outside of any transaction.</param>
    /// <param name="settings">A query that makes settings for the transaction, which begins with it.</param>
    /// <param name="guard">What must be so.</param>
    /// <param name="tables">What is inserted.</param>
    /// <param name="mark">What is changed with it; null: nothing.</param>
    /// <param name="cancellation">Ends it before it is sent.</param>
    public async Task<bool> RunAsync(
        NpgsqlConnection connection,
        string settings,
        RowGuard guard,
        IReadOnlyList<GuardedRows> tables,
        GuardedMark? mark,
        CancellationToken cancellation)
    {
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(settings));
        batch.BatchCommands.Add(Command(guard, tables, mark));
        if (_prepares && await IsDirectAsync(connection, cancellation))
        {
            try
            {
                await batch.PrepareAsync(cancellation);
                return await ExecuteAsync(batch, cancellation);
            }
            catch (PostgresException e) when (NotPrepared.Contains(e.SqlState))
            {
                // The server has refused it, so nothing of it was done.
                StopPreparing($"the server refused a prepared statement ({e.MessageText})");
            }
        }

        await using var plain = connection.CreateBatch();
        plain.BatchCommands.Add(new NpgsqlBatchCommand(settings));
        plain.BatchCommands.Add(Command(guard, tables, mark));
        return await ExecuteAsync(plain, cancellation);
    }

    /// <summary>A pooler names a session of its own to its clients, not the process of the server that answers.</summary>
    private async Task<bool> IsDirectAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (_isDirect) return true;
        await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
        _isDirect = (int)(await command.ExecuteScalarAsync(cancellation))! == connection.ProcessID;
        if (!_isDirect) StopPreparing("there is a pooler in front of the server");
        return _isDirect;
    }

    private void StopPreparing(string reason)
    {
        _prepares = false;
        // Several commits may find it out at the same time.
        if (!Interlocked.Exchange(ref _isEndLogged, true)) LogNotPrepared(reason);
    }

    /// <summary>A batch is one transaction: PostgreSQL commits at its end.</summary>
    private static async Task<bool> ExecuteAsync(NpgsqlBatch batch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();

        // Cancelled while it runs, it would leave its outcome unknown.
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        await reader.NextResultAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        var isLetIn = reader.GetInt64(0) > 0;
        // Read to the end: a failed commit is reported there.
        while (await reader.NextResultAsync(CancellationToken.None))
        {
        }

        return isLetIn;
    }

    private NpgsqlBatchCommand Command(RowGuard guard, IReadOnlyList<GuardedRows> tables, GuardedMark? mark)
    {
        var key = (guard.Sql, string.Join(' ', tables.Select(table => table.Table).Append(mark?.Column)));
        var command = new NpgsqlBatchCommand(_statements.GetOrAdd(key, _ => Statement(guard, tables, mark)));
        foreach (var (_, value) in guard.Parameters) Add(value);
        foreach (var table in tables)
        {
            foreach (var (_, value) in table.Constants) Add(value);
            foreach (var (_, values) in table.Columns) Add(values);
        }

        if (mark is not null) Add(mark.Keys);
        return command;

        void Add(object value) => command.Parameters.Add(new NpgsqlParameter { Value = value });
    }

    private static string Statement(RowGuard guard, IReadOnlyList<GuardedRows> tables, GuardedMark? mark)
    {
        var number = 0;
        var query = guard.Sql;
        foreach (var (name, _) in guard.Parameters) query = query.Replace("@" + name, Next(), StringComparison.Ordinal);

        var inserts = tables.Select((table, index) =>
        {
            string[] ids = table.IdColumn is null ? [] : [table.IdColumn];
            var names = ids.Concat(table.Constants.Select(each => each.Name)).Concat(table.Columns.Select(each => each.Name));
            string[] values = [.. ids.Select(_ => "guard.id"), .. table.Constants.Select(_ => Next()), "r.*"];
            // One array per column: one plan for any number of rows.
            var arrays = table.Columns.Select(_ => Next()).ToArray();
            return $"""
                , insert{index} AS (
                    INSERT INTO {table.Table} ({string.Join(", ", names)})
                    SELECT {string.Join(", ", values)} FROM guard, unnest({string.Join(", ", arrays)}) AS r)
                """;
        }).ToArray();
        var locked = guard.Table is null ? query : $"{query} FOR SHARE OF {guard.Table}";
        var marked = mark is null ? "" : $"""
            , mark AS (
                UPDATE {mark.Table} SET {mark.Column} = true FROM guard
                WHERE {mark.IdColumn} = guard.id AND {mark.KeyColumn} = ANY ({Next()}))
            """;
        return $"""
            WITH guard AS MATERIALIZED ({locked})
            {string.Concat(inserts)}{marked}
            SELECT count(*) FROM guard
            """;

        string Next() => string.Create(CultureInfo.InvariantCulture, $"${++number}");
    }

    [LoggerMessage(2001, LogLevel.Information,
        "Commits are not prepared from now on, so each costs PostgreSQL more: {Reason}")]
    private partial void LogNotPrepared(string reason);
}
