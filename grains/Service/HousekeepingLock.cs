using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Service;

/// <summary>
/// A row in the database that names the silo that does the housekeeping. Its holder renews it; once it has expired, another silo
/// may take it.
/// </summary>
/// <remarks>
/// The lock saves work, it is no fence: the silos compare times of their own clocks, which may differ, so two of them may do the
/// housekeeping at once for a while. That is harmless: what one has deleted, the other does not find.
/// </remarks>
public sealed class HousekeepingLock(Database database, TimeProvider time)
{
    // An end that is too far ahead was written by a clock that was wrong: waiting for it could take years.
    private const string IsFree = """
        housekeeping.holder = @holder OR housekeeping.expires_at <= @now OR housekeeping.expires_at > @tooFar
        """;

    /// <summary>Takes the lock if it is free, or renews it. False: another silo holds it.</summary>
    /// <param name="holder">Names the silo's process.</param>
    /// <param name="lease">How long the lock lasts from now on.</param>
    /// <exception cref="StorageUnavailableException">The lock may have been taken all the same.</exception>
    public async Task<bool> TryHoldAsync(string holder, TimeSpan lease, CancellationToken cancellation = default)
    {
        var now = time.GetUtcNow();
        var arguments = new
        {
            holder,
            now = now.ToStored(),
            end = (now + lease).ToStored(),
            tooFar = (now + 2 * lease).ToStored(),
        };
        // Read first: an update of no row would count as a commit, and the storage probe would no longer write on this silo.
        var isFree = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<bool>(
                new(
                    $"SELECT NOT EXISTS (SELECT 1 FROM housekeeping WHERE id = 1 AND NOT ({IsFree}))",
                    arguments,
                    cancellationToken: cancellation)),
            cancellation);
        return isFree && await database.WriteAsync(
            async (connection, transaction) => await connection.ExecuteAsync(
                new(
                    // The row itself may be missing after a partial restore.
                    $"""
                    INSERT INTO housekeeping (id, holder, expires_at) VALUES (1, @holder, @end)
                    ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at WHERE {IsFree}
                    """,
                    arguments,
                    transaction,
                    cancellationToken: cancellation)) > 0,
            cancellation);
    }

    /// <summary>Gives the lock back, so that another silo need not wait until it expires. Does nothing for others, and nothing
    /// while the database fails: waiting for it would delay the silo's stop.</summary>
    public async Task ReleaseAsync(string holder, CancellationToken cancellation = default)
    {
        if (database.Health.Error is not null) return;
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                new(
                    "UPDATE housekeeping SET holder = '', expires_at = 0 WHERE id = 1 AND holder = @holder",
                    new { holder },
                    transaction,
                    cancellationToken: cancellation)),
            cancellation);
    }
}
