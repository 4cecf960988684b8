using System.Data.Common;

namespace NotifyHub.Grains.Storage;

/// <summary>The database that a silo keeps everything in: PostgreSQL in a cluster, SQLite embedded.</summary>
public abstract class Database : IAsyncDisposable
{
    /// <summary>Chooses by the connection string's own keys: <c>Host</c> is PostgreSQL, <c>Data Source</c> is SQLite.</summary>
    /// <exception cref="ArgumentException">Neither, or not a connection string; the message names the setting <c>NotifyHub:Storage</c>.</exception>
    public static Database Open(string connectionString) => throw new NotImplementedException(connectionString);

    /// <summary>The invariant name that Orleans' ADO.NET providers know this database by.</summary>
    public abstract string Invariant { get; }

    /// <summary>The connection string for Orleans' ADO.NET providers.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>Applies the migrations that are missing, under a lock, so that any number of silos may start at once.</summary>
    public abstract Task MigrateAsync(CancellationToken cancellation);

    /// <summary>Runs queries on a pooled connection.</summary>
    /// <exception cref="GrainInterfaces.StorageUnavailableException">The database cannot be reached or failed.</exception>
    public abstract Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default);

    /// <summary>Runs one transaction and commits it durably. SQLite: off the caller's thread and one writer at a time.</summary>
    /// <exception cref="FencedException">A unique key was violated; everything was rolled back.</exception>
    /// <exception cref="GrainInterfaces.StorageUnavailableException">The database failed; when the connection broke during the commit,
    /// the outcome is unknown.</exception>
    public abstract Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default);

    /// <summary>Null when the database answers; otherwise what an operator may be told (no secret, no SQL).</summary>
    public abstract Task<string?> CheckAsync(CancellationToken cancellation = default);

    public abstract ValueTask DisposeAsync();
}
