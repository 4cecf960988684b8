using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The epochs of the logs: a new log begins one, and so does a log whose acknowledged end the database
/// has lost.</summary>
public sealed class EpochStore(Database database, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    private long Now => StoredTime.Now(_time);

    /// <summary>Makes the log unless it exists.</summary>
    public Task BeginAsync(string log, CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var epoch = NewEpoch();
            var made = await connection.ExecuteAsync(new(
                "INSERT INTO log (name, epoch, created_at) VALUES (@log, @epoch, @Now) ON CONFLICT (name) DO NOTHING",
                new { log, epoch, Now },
                transaction,
                cancellationToken: cancellation));
            if (made == 0) return false;
            await AddAsync(connection, transaction, log, epoch, start: 0, lost: null, cancellation);
            // What was sent of a log that was lost must not count for this one's offsets.
            await ForgetDeliveriesAsync(connection, transaction, log, behind: 0, cancellation);
            return true;
        },
        cancellation);

    /// <summary>
    /// Begins a new epoch if the database lacks messages that are known to have been acknowledged. Returns the newest offset that
    /// is left; null: nothing is lost, or the epoch is another one already. Of several that find a loss exactly one begins an
    /// epoch.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <param name="known">What was acknowledged.</param>
    /// <param name="isReplaced">Another message was found at the offset that is known.</param>
    /// <param name="cancellation">Ends it without an effect.</param>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<long?> TryBeginAnewAsync(string log, LogPosition known, bool isReplaced, CancellationToken cancellation) =>
        database.WriteAsync<long?>(
            async (connection, transaction) =>
            {
                // Changes nothing but takes the row: commits of the old epoch are either counted below or find the new one.
                var found = await connection.ExecuteAsync(new(
                    "UPDATE log SET epoch = epoch WHERE name = @log AND epoch = @Epoch",
                    new { log, known.Epoch },
                    transaction,
                    cancellationToken: cancellation));
                if (found == 0) return null;
                var head = await connection.ExecuteScalarAsync<long>(new(
                    """
                    SELECT coalesce(max(newest), 0) FROM (
                        SELECT head AS newest FROM log WHERE name = @log
                        UNION ALL
                        SELECT max("offset") FROM message WHERE log_id = (SELECT id FROM log WHERE name = @log)) AS ends
                    """,
                    new { log },
                    transaction,
                    cancellationToken: cancellation));
                if (head >= known.Head && !isReplaced) return null;

                var epoch = NewEpoch();
                await connection.ExecuteAsync(new(
                    "UPDATE log SET epoch = @epoch WHERE name = @log",
                    new { log, epoch },
                    transaction,
                    cancellationToken: cancellation));
                await AddAsync(connection, transaction, log, epoch, head, known.Head, cancellation);
                await ForgetDeliveriesAsync(connection, transaction, log, head, cancellation);
                return head;
            },
            cancellation);

    /// <summary>The newest loss of any log that was found since then; null when there was none.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public Task<LogLoss?> NewestLossAsync(DateTimeOffset since, CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var losses = await connection.QueryAsync<(string Log, long At, long Known, long Kept)>(new(
                """
                SELECT l.name, e.began_at, e.lost_offset, e.start_offset
                FROM log_epoch e JOIN log l ON l.id = e.log_id
                WHERE e.lost_offset IS NOT NULL AND e.began_at >= @since ORDER BY e.began_at DESC LIMIT 1
                """,
                new { since = since.ToStored() },
                cancellationToken: cancellation));
            return losses
                .Select(loss => new LogLoss(loss.Log, StoredTime.Of(loss.At), loss.Known, loss.Kept))
                .FirstOrDefault();
        },
        cancellation);

    private Task<int> AddAsync(
        DbConnection connection,
        DbTransaction transaction,
        string log,
        string epoch,
        long start,
        long? lost,
        CancellationToken cancellation) => connection.ExecuteAsync(new(
        """
        INSERT INTO log_epoch (log_id, epoch, began_at, start_offset, lost_offset)
        SELECT id, @epoch, @Now, @start, @lost FROM log WHERE name = @log
        """,
        new { log, epoch, Now, start, lost },
        transaction,
        cancellationToken: cancellation));

    /// <summary>Only the public channel's deliveries are counted.</summary>
    private static Task ForgetDeliveriesAsync(
        DbConnection connection, DbTransaction transaction, string log, long behind, CancellationToken cancellation) =>
        log == GrainKeys.PublicChannel
            ? connection.ExecuteAsync(new(
                "DELETE FROM delivery WHERE last_offset > @behind", new { behind }, transaction, cancellationToken: cancellation))
            : Task.CompletedTask;

    private static string NewEpoch() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));
}
