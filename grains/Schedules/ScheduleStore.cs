using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Schedules;

/// <summary>Schedules and the history of their runs.</summary>
public sealed class ScheduleStore(Database database, TimeProvider time)
{
    private const int SweepBatch = 500;

    /// <summary>Adds a schedule, active from now on.</summary>
    public Task<Schedule> AddAsync(
        ScheduleDraft draft, string createdBy, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) => (await connection.QuerySingleAsync<ScheduleRow>(
            $"""
            INSERT INTO schedule
                (name, title, notification, kind, at, cron, time_zone, missed, status, next_run_at, created_by, created_at,
                    updated_at)
            VALUES
                (@Name, @Title, @Notification, @Kind, @At, @Cron, @TimeZone, @Missed, @Status, @NextRunAt, @CreatedBy,
                    @UpdatedAt, @UpdatedAt)
            RETURNING {ScheduleRow.Columns}
            """,
            Values(draft, isPaused: false, createdBy: createdBy),
            transaction)).ToSchedule(),
        cancellation);

    /// <summary>Replaces the draft; the next run is counted from now, unless the schedule is paused. Null: no such
    /// schedule.</summary>
    public Task<Schedule?> ReplaceAsync(long id, ScheduleDraft draft, CancellationToken cancellation = default) => ChangeAsync(
        id,
        (old, connection, transaction) => connection.QuerySingleAsync<ScheduleRow>(
            $"""
            UPDATE schedule SET name = @Name, title = @Title, notification = @Notification, kind = @Kind, at = @At, cron = @Cron,
                time_zone = @TimeZone, missed = @Missed, status = @Status, next_run_at = @NextRunAt, updated_at = @UpdatedAt
            WHERE id = @Id RETURNING {ScheduleRow.Columns}
            """,
            Values(draft, old.Status == ScheduleStatus.Paused, id),
            transaction),
        cancellation);

    /// <summary>A finished schedule stays as it is.</summary>
    public Task<Schedule?> PauseAsync(long id, CancellationToken cancellation = default) => ChangeAsync(
        id,
        (old, connection, transaction) => old.Status == ScheduleStatus.Active
            ? SetStatusAsync(connection, transaction, id, ScheduleStatus.Paused, next: null)
            : Task.FromResult(old),
        cancellation);

    /// <summary>Counts the next run from now. A schedule without a run to come stays as it is.</summary>
    public Task<Schedule?> ResumeAsync(long id, CancellationToken cancellation = default) => ChangeAsync(
        id,
        (old, connection, transaction) => old.Status == ScheduleStatus.Paused
            && Recurrence.Next(old.ToSchedule().Draft, time.GetUtcNow()) is { } next
                ? SetStatusAsync(connection, transaction, id, ScheduleStatus.Active, next)
                : Task.FromResult(old),
        cancellation);

    /// <summary>Deletes the schedule and the history of its runs.</summary>
    public Task<bool> DeleteAsync(long id, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var deleted = await connection.ExecuteAsync("DELETE FROM schedule WHERE id = @id", new { id }, transaction);
            await connection.ExecuteAsync("DELETE FROM schedule_run WHERE schedule_id = @id", new { id }, transaction);
            return deleted > 0;
        },
        cancellation);

    public Task<Schedule?> GetAsync(long id, CancellationToken cancellation = default) => database.ReadAsync(
        async connection => (await FindAsync(connection, null, id))?.ToSchedule(), cancellation);

    /// <summary>One page, newest first.</summary>
    public Task<SchedulePage> ListAsync(ScheduleQuery query, CancellationToken cancellation = default)
    {
        if (!StoredText.CanMatch(query.Search)) return Task.FromResult(new SchedulePage([], 0));
        List<string> conditions = [];
        if (query.Status is not null) conditions.Add("status = @Status");
        if (!string.IsNullOrEmpty(query.Search))
            conditions.Add($"({Like.Matches("name", "@Pattern")} OR {Like.Matches("title", "@Pattern")})");
        var where = conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions);
        var arguments = new { query.Status, Pattern = Like.Pattern(query.Search) };
        return database.ListAsync(
            async connection =>
            {
                var (rows, total) = await PagedRows.ReadAsync<ScheduleRow>(
                    connection, ScheduleRow.Columns, $"schedule {where}", "id DESC", arguments, query.Page, query.Limit);
                return new SchedulePage([.. rows.Select(row => row.ToSchedule())], total);
            },
            cancellation);
    }

    /// <summary>One page of the history, newest first; null: there is no such schedule.</summary>
    public Task<ScheduleRunPage?> RunsAsync(
        long id, int page, int limit, CancellationToken cancellation = default) => database.ListAsync(
        async connection =>
        {
            if (await FindAsync(connection, null, id) is null) return null;
            var (rows, total) = await PagedRows.ReadAsync<RunRow>(
                connection, RunRow.Columns, "schedule_run WHERE schedule_id = @id AND status <> 'started'", "id DESC", new { id },
                page, limit);
            return new ScheduleRunPage([.. rows.Select(row => row.ToRun())], total);
        },
        cancellation);

    /// <summary>Those whose time has come, the longest overdue first.</summary>
    public Task<Schedule[]> DueAsync(
        DateTimeOffset now, int max, CancellationToken cancellation = default) => database.ReadAsync(
        async connection => (await connection.QueryAsync<ScheduleRow>(
            $"SELECT {ScheduleRow.Columns} FROM schedule WHERE next_run_at <= @now ORDER BY next_run_at LIMIT @max",
            new { now = now.ToStored(), max })).Select(row => row.ToSchedule()).ToArray(),
        cancellation);

    /// <summary>When the next run is due; null: none is to come.</summary>
    public Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellation = default) => database.ReadAsync(
        async connection => StoredTime.Of(await connection.ExecuteScalarAsync<long?>(
            "SELECT min(next_run_at) FROM schedule WHERE next_run_at IS NOT NULL")),
        cancellation);

    /// <summary>Moves each schedule on and writes down its runs, in one transaction. One that was moved or changed since it was
    /// read is left alone: another scheduler has claimed its runs.</summary>
    public Task<int> ClaimAsync(
        IReadOnlyList<ScheduleClaim> claims, DateTimeOffset now, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var claimed = 0;
                // In one order, so that two schedulers never wait for each other in a circle.
                foreach (var claim in claims.OrderBy(claim => claim.Schedule.Id))
                    claimed += await ClaimAsync(connection, transaction, claim, now);
                return claimed;
            },
            cancellation);

    /// <summary>
    /// Moves back the next runs that lie after the one that <paramref name="next"/> counts from now, and reopens runs that were
    /// skipped and schedules that were finished although their time is still to come: they were planned while the clock was
    /// ahead. Returns how many.
    /// </summary>
    public Task<int> RewindAsync(
        DateTimeOffset now,
        Func<Schedule, DateTimeOffset?> next,
        CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var at = now.ToStored();
            await connection.ExecuteAsync(
                "UPDATE schedule SET last_run_at = @at WHERE last_run_at > @at", new { at }, transaction);
            var rows = await connection.QueryAsync<ScheduleRow>(
                $"""
                SELECT {ScheduleRow.Columns} FROM schedule
                WHERE next_run_at > @at OR (status = 'finished' AND last_run_status = 'skipped' AND at > @at)
                ORDER BY id
                """,
                new { at },
                transaction);
            var moved = 0;
            foreach (var row in rows)
            {
                if (next(row.ToSchedule()) is not { } first) continue;
                if (row.NextRunAt is { } planned && planned <= first.ToStored()) continue;
                moved += await connection.ExecuteAsync(
                    """
                    UPDATE schedule SET next_run_at = @next, status = 'active'
                    WHERE id = @Id AND updated_at = @UpdatedAt AND coalesce(next_run_at, 0) = @planned
                    """,
                    new { next = first.ToStored(), row.Id, row.UpdatedAt, planned = row.NextRunAt ?? 0 },
                    transaction);
            }

            return moved;
        },
        cancellation);

    /// <summary>Records a run that was requested. Null: no such schedule.</summary>
    public Task<OpenRun?> ClaimByHandAsync(long id, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            if ((await FindAsync(connection, transaction, id))?.ToSchedule() is not { } schedule) return null;
            var row = await connection.QuerySingleAsync<RunRow>(
                $"""
                INSERT INTO schedule_run (schedule_id, scheduled_for, started_at, cause, status)
                VALUES (@id, @now, @now, 'manual', 'started') RETURNING {RunRow.Columns}
                """,
                new { id, now = StoredTime.Now(time) },
                transaction);
            return new OpenRun(row.ToRun(), schedule.Draft.Notification);
        },
        cancellation);

    /// <summary>Runs that were claimed and whose outcome is not known, the oldest first.</summary>
    public Task<OpenRun[]> OpenRunsAsync(int max, CancellationToken cancellation = default) => database.ReadAsync(
        async connection =>
        {
            var runs = await connection.QueryAsync<RunRow>(
                $"SELECT {RunRow.Columns} FROM schedule_run WHERE status = 'started' ORDER BY id LIMIT @max", new { max });
            List<OpenRun> open = [];
            foreach (var run in runs)
            {
                if (await FindAsync(connection, null, run.ScheduleId) is { } schedule)
                    open.Add(new OpenRun(run.ToRun(), schedule.ToSchedule().Draft.Notification));
            }

            return open.ToArray();
        },
        cancellation);

    /// <summary>Writes down what became of open runs.</summary>
    public Task<int> FinishAsync(
        IReadOnlyList<ScheduleRun> runs, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            foreach (var run in runs.OrderBy(run => run.ScheduleId).ThenBy(run => run.Id))
            {
                await connection.ExecuteAsync(
                    "UPDATE schedule_run SET status = @Status, notification_id = @NotificationId, error = @Error WHERE id = @Id",
                    new { run.Id, run.Status, run.NotificationId, run.Error },
                    transaction);
                await NoteLastAsync(connection, transaction, run.ScheduleId, run.StartedAt.ToStored(), run.Status);
            }

            return runs.Count;
        },
        cancellation);

    /// <summary>Deletes the history before that time. Returns how many runs were deleted.</summary>
    public Task<long> SweepAsync(DateTimeOffset startedBefore, CancellationToken cancellation = default) =>
        BatchedDelete.RunAsync(
            database, "schedule_run", "id", "started_at < @before AND status <> 'started' ORDER BY started_at",
            new { before = startedBefore.ToStored() }, SweepBatch, cancellation);

    private static async Task<int> ClaimAsync(
        DbConnection connection, DbTransaction transaction, ScheduleClaim claim, DateTimeOffset now)
    {
        var (id, startedAt) = (claim.Schedule.Id, now.ToStored());
        var moved = await connection.ExecuteAsync(
            """
            UPDATE schedule SET next_run_at = @next, status = @status
            WHERE id = @id AND next_run_at = @due AND updated_at = @read
            """,
            new
            {
                id,
                next = claim.Next?.ToStored(),
                status = claim.Next is null ? ScheduleStatus.Finished : ScheduleStatus.Active,
                due = claim.Schedule.NextRunAt?.ToStored(),
                read = claim.Schedule.UpdatedAt.ToStored(),
            },
            transaction);
        if (moved == 0) return 0;

        // A clock that was set back must not run anything again; but what was skipped because the clock was ahead may be in time.
        await connection.ExecuteAsync(
            """
            INSERT INTO schedule_run (schedule_id, scheduled_for, started_at, cause, status)
            VALUES (@id, @scheduledFor, @startedAt, @Cause, @Status)
            ON CONFLICT (schedule_id, scheduled_for) WHERE cause <> 'manual' DO UPDATE
                SET started_at = excluded.started_at, cause = excluded.cause, status = excluded.status
                WHERE schedule_run.status = 'skipped' AND excluded.status = 'started'
            """,
            claim.Runs.Select(run => new
            {
                id,
                scheduledFor = run.ScheduledFor.ToStored(),
                startedAt,
                run.Cause,
                run.Status,
            }),
            transaction);
        if (claim.Runs is [.., { Status: RunStatus.Skipped }])
            await NoteLastAsync(connection, transaction, id, startedAt, RunStatus.Skipped);
        return 1;
    }

    private Task<Schedule?> ChangeAsync(
        long id,
        Func<ScheduleRow, DbConnection, DbTransaction, Task<ScheduleRow>> change,
        CancellationToken cancellation) => database.WriteAsync(
        async (connection, transaction) =>
        {
            // Writes the row first, which locks it: the schedule cannot be moved on between this read and the change.
            await connection.ExecuteAsync("UPDATE schedule SET updated_at = updated_at WHERE id = @id", new { id }, transaction);
            return await FindAsync(connection, transaction, id) is { } old
                ? (await change(old, connection, transaction)).ToSchedule()
                : null;
        },
        cancellation);

    private Task<ScheduleRow> SetStatusAsync(
        DbConnection connection, DbTransaction transaction, long id, string status, DateTimeOffset? next) =>
        connection.QuerySingleAsync<ScheduleRow>(
            $"""
            UPDATE schedule SET status = @status, next_run_at = @next, updated_at = @now
            WHERE id = @id RETURNING {ScheduleRow.Columns}
            """,
            new { id, status, next = next?.ToStored(), now = StoredTime.Now(time) },
            transaction);

    private static Task<int> NoteLastAsync(DbConnection connection, DbTransaction transaction, long id, long at, string status) =>
        connection.ExecuteAsync(
            "UPDATE schedule SET last_run_at = @at, last_run_status = @status WHERE id = @id AND coalesce(last_run_at, 0) <= @at",
            new { id, at, status },
            transaction);

    private static Task<ScheduleRow?> FindAsync(DbConnection connection, DbTransaction? transaction, long id) =>
        connection.QuerySingleOrDefaultAsync<ScheduleRow>(
            $"SELECT {ScheduleRow.Columns} FROM schedule WHERE id = @id", new { id }, transaction);

    private object Values(ScheduleDraft draft, bool isPaused, long id = 0, string createdBy = "")
    {
        // A time that has passed since it was accepted is due, not over.
        var next = isPaused ? null : draft.Kind == ScheduleKind.Once ? draft.At : Recurrence.Next(draft, time.GetUtcNow());
        return new
        {
            Id = id,
            draft.Name,
            draft.Notification.Title,
            Notification = ScheduleRow.ToJson(draft.Notification),
            draft.Kind,
            At = draft.At?.ToStored(),
            draft.Cron,
            draft.TimeZone,
            draft.Missed,
            Status = isPaused ? ScheduleStatus.Paused : next is null ? ScheduleStatus.Finished : ScheduleStatus.Active,
            NextRunAt = next?.ToStored(),
            CreatedBy = createdBy,
            UpdatedAt = StoredTime.Now(time),
        };
    }
}
