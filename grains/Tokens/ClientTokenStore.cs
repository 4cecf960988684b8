using System.Security.Cryptography;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Tokens;

/// <summary>The key of the grid's own client tokens, and the list of revocations.</summary>
public sealed class ClientTokenStore(Database database, TimeProvider time)
{
    private const int KeyBytes = 32;
    private const int SweepBatch = 500;

    /// <summary>The stored key; the first caller makes it.</summary>
    public async Task<byte[]> KeyAsync(CancellationToken cancellation = default)
    {
        const string read = "SELECT signing_key FROM client_token WHERE id = 1";
        var key = await database.ReadAsync(connection => connection.ExecuteScalarAsync<string>(read), cancellation);
        if (string.IsNullOrEmpty(key))
        {
            var made = Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));
            key = await database.WriteAsync(
                async (connection, transaction) =>
                {
                    // Of several that make one at once, one wins.
                    await connection.ExecuteAsync(
                        "UPDATE client_token SET signing_key = @made WHERE id = 1 AND signing_key = ''",
                        new { made },
                        transaction);
                    return await connection.ExecuteScalarAsync<string>(read, transaction: transaction);
                },
                cancellation);
        }

        return Convert.FromBase64String(key!);
    }

    /// <summary>False: too many are kept.</summary>
    public Task<bool> RevokeAsync(TokenSubject subject, DateTimeOffset expiresAt, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                // The row stays locked until the commit, so versions become visible in their order: a reader that has seen one
                // has seen all smaller ones.
                var version = await connection.ExecuteScalarAsync<long>(
                    "UPDATE client_token SET version = version + 1 WHERE id = 1 RETURNING version", transaction: transaction);
                var stored = await connection.ExecuteScalarAsync<long>(
                    "SELECT count(*) FROM client_token_revocation", transaction: transaction);
                var row = new
                {
                    subject.IsUser,
                    subject.Value,
                    version,
                    now = StoredTime.Now(time),
                    expires = expiresAt.ToStored(),
                    hasRoom = stored < TokenRevocation.MaxRows,
                };
                return await connection.ExecuteAsync(
                    """
                    UPDATE client_token_revocation SET version = @version,
                        revoked_at = CASE WHEN revoked_at < @now THEN @now ELSE revoked_at END,
                        expires_at = CASE WHEN expires_at < @expires THEN @expires ELSE expires_at END
                    WHERE is_user = @IsUser AND subject = @Value
                    """,
                    row, transaction) > 0
                    || await connection.ExecuteAsync(
                        """
                        INSERT INTO client_token_revocation (is_user, subject, version, revoked_at, expires_at)
                        SELECT @IsUser, @Value, @version, @now, @expires WHERE @hasRoom
                        """,
                        row, transaction) > 0;
            },
            cancellation);

    /// <summary>The next piece of the list.</summary>
    public Task<RevocationPage> RevocationsAsync(long after, CancellationToken cancellation = default) => database.ReadAsync(
        async connection =>
        {
            // Before the rows: whatever has a version up to this one is among them.
            var head = await connection.ExecuteScalarAsync<long>("SELECT version FROM client_token WHERE id = 1");
            if (head <= after) return new RevocationPage(head, [], IsLast: head == after);
            var rows = (await connection.QueryAsync<Row>(
                """
                SELECT is_user AS IsUser, subject AS Subject, version AS Version, revoked_at AS RevokedAt, expires_at AS ExpiresAt
                FROM client_token_revocation WHERE version > @after AND version <= @head
                ORDER BY version LIMIT @MaxRows
                """,
                new { after, head, RevocationPage.MaxRows })).ToArray();
            var isLast = rows.Length < RevocationPage.MaxRows;
            return new RevocationPage(
                isLast ? head : rows[^1].Version, [.. rows.Select(row => row.ToRevocation())], isLast);
        },
        cancellation);

    /// <summary>Deletes the revocations that no valid token can be under any more. Returns how many.</summary>
    public Task<long> SweepAsync(DateTimeOffset now, CancellationToken cancellation = default) => BatchedDelete.RunAsync(
        database, "client_token_revocation", "is_user, subject", "expires_at < @now ORDER BY expires_at",
        new { now = now.ToStored() }, SweepBatch, cancellation);

    private sealed class Row
    {
        public bool IsUser { get; init; }
        public string Subject { get; init; } = "";
        public long Version { get; init; }
        public long RevokedAt { get; init; }
        public long ExpiresAt { get; init; }

        public TokenRevocation ToRevocation() =>
            new(new TokenSubject(IsUser, Subject), StoredTime.Of(RevokedAt), StoredTime.Of(ExpiresAt));
    }
}
