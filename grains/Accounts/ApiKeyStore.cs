using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Accounts;

/// <summary>API keys, known by the hash of their secret.</summary>
public sealed class ApiKeyStore(Database database, TimeProvider time)
{
    private const string Columns =
        """
        id AS Id, name AS Name, prefix AS Prefix, created_by AS CreatedBy, created_at AS CreatedAt, last_used_at AS LastUsedAt,
        revoked_at AS RevokedAt, scopes AS Scopes, channels AS Channels
        """;

    public Task<ApiKey> AddAsync(
        string name, string prefix, string hash, string createdBy, IEnumerable<string> scopes,
        IEnumerable<string>? channels = null, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) => (await connection.QuerySingleAsync<Row>(
                $"""
                INSERT INTO api_key (name, prefix, hash, created_by, created_at, scopes, channels)
                VALUES (@name, @prefix, @hash, @createdBy, @now, @scopes, @channels)
                RETURNING {Columns}
                """,
                new
                {
                    name,
                    prefix,
                    hash,
                    createdBy,
                    now = StoredTime.Now(time),
                    scopes = string.Join(' ', scopes),
                    channels = channels is null ? null : string.Join(' ', channels),
                },
                transaction)).ToKey(),
            cancellation);

    /// <summary>All keys, newest first, also revoked ones.</summary>
    public Task<ApiKey[]> ListAsync(CancellationToken cancellation = default) => database.ListAsync(
        async connection => (await connection.QueryAsync<Row>($"SELECT {Columns} FROM api_key ORDER BY id DESC"))
            .Select(row => row.ToKey()).ToArray(),
        cancellation);

    /// <summary>False: no such key, or already revoked.</summary>
    public Task<bool> RevokeAsync(long id, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE api_key SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL",
            new { id, now = StoredTime.Now(time) },
            transaction) > 0,
        cancellation);

    /// <summary>The live key with this hash; null for an unknown or revoked one.</summary>
    public Task<ApiKey?> FindAsync(string hash, CancellationToken cancellation = default) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM api_key WHERE hash = @hash AND revoked_at IS NULL", new { hash }))?.ToKey(),
        cancellation);

    /// <summary>Notes that the key was used now, unless that was noted less than <paramref name="every"/> ago.</summary>
    public Task NoteUseAsync(long id, TimeSpan every, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            """
            UPDATE api_key SET last_used_at = @now
            WHERE id = @id AND (last_used_at IS NULL OR last_used_at <= @before OR last_used_at > @now)
            """,
            new { id, now = StoredTime.Now(time), before = StoredTime.Now(time) - (long)every.TotalMilliseconds },
            transaction),
        cancellation);

    private sealed class Row
    {
        public long Id { get; init; }
        public string Name { get; init; } = "";
        public string Prefix { get; init; } = "";
        public string CreatedBy { get; init; } = "";
        public long CreatedAt { get; init; }
        public long? LastUsedAt { get; init; }
        public long? RevokedAt { get; init; }
        public string Scopes { get; init; } = "";
        public string? Channels { get; init; }

        public ApiKey ToKey() => new(
            Id, Name, Prefix, CreatedBy, StoredTime.Of(CreatedAt), StoredTime.Of(LastUsedAt), StoredTime.Of(RevokedAt),
            Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries), Channels?.Split(' '));
    }
}
