using System.Data.Common;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Hosting;

namespace NotifyHub.Grains.Connections;

/// <summary>
/// What the gateways report about their sessions: rows, and counters per day that follow from the rows really changed, in the
/// same transaction. A whole report is a few statements, however many sessions it names.
/// </summary>
public sealed class SessionStore(Database database, ReportPositions positions, IOptions<SiloOptions> options, TimeProvider time)
{
    private const int MaxTextLength = 512;
    private const int SweepBatch = 500;

    private readonly TimeZoneInfo _zone = options.Value.Zone();
    private readonly string _opened = Rows(database, ("connection_id", "text"), ("ip_address", "text"), ("user_agent", "text"),
        ("network", "text"), ("protocol", "text"), ("day", "text"), ("connected_at", "bigint"),
        ("user_id", "text"));
    private readonly string _closed = Rows(database, ("connection_id", "text"), ("status", "text"), ("disconnected_at", "bigint"),
        ("last_ping_at", "bigint"), ("sent", "bigint"), ("received", "bigint"), ("errors", "bigint"), ("last_error", "text"),
        ("reason", "text"));
    private readonly string _named = Rows(database, ("connection_id", "text"));

    // As gateways order the parts of a complete report, whatever the language of the database. SQLite does it unasked.
    private readonly string _ordinal = IsPostgres(database) ? "COLLATE \"C\"" : "";

    /// <summary>
    /// Takes a report once. Its number is stored with its effects, so a retry after a commit with an unknown outcome changes
    /// nothing, also on another silo.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The same report may be offered again.</exception>
    public Task<ReportOutcome> TakeAsync(string gatewayId, SessionReport report, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var days = new DayCounters();
                var session = new Transaction(connection, transaction, gatewayId, days);
                var outcome = await TakeNumberAsync(session, report);
                if (outcome != ReportOutcome.Taken) return outcome;

                if (report.Opened.Length > 0) await OpenAsync(session, report);
                if (report.Closed.Length > 0) await CloseAsync(session, report.Closed);
                if (report.Complete) await ReconcileAsync(session, report);
                if (report.Sent != 0 || report.Received != 0)
                {
                    var today = days[StoredDay.Of(time.GetUtcNow(), _zone)];
                    today.Sent += report.Sent;
                    today.Received += report.Received;
                }

                await days.SaveAsync(connection, transaction);
                return outcome;
            },
            cancellation);

    /// <summary>Ends a gateway's lease and closes its open sessions as errors. Returns how many those were.</summary>
    public Task<long> EndAsync(string gatewayId, string reason, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var days = new DayCounters();
                // First: reports of the same gateway wait for its lock.
                await positions.EndLeaseAsync(connection, transaction, gatewayId);
                var session = new Transaction(connection, transaction, gatewayId, days);
                var ended = await CloseOpenAsync(session, SessionStatus.Error, reason, except: []);
                await days.SaveAsync(connection, transaction);
                return ended;
            },
            cancellation);

    /// <summary>Deletes sessions that ended before that time. The totals stay. Returns how many were deleted.</summary>
    public Task<long> SweepAsync(DateTimeOffset endedBefore, CancellationToken cancellation = default) => BatchedDelete.RunAsync(
        database, "session", "id", "disconnected_at < @before ORDER BY disconnected_at",
        new { before = endedBefore.ToStored() }, SweepBatch, cancellation);

    private async Task<ReportOutcome> TakeNumberAsync(Transaction session, SessionReport report)
    {
        var number = new ReportNumber(session.GatewayId, ReportKind.Sessions, report.Sequence);
        // A complete report begins a lease again, whatever its number. Its later parts do not: if the lease ended between two
        // parts, the effects of the earlier ones were undone.
        var isTaken = report is { Complete: true, After: null }
            ? await positions.TakeAsync(session.Connection, session.Own, number)
            : await positions.TakeWithinLeaseAsync(session.Connection, session.Own, number);
        if (isTaken) return ReportOutcome.Taken;
        return await ReportPositions.IsTakenAsync(session.Connection, session.Own, number)
            ? ReportOutcome.AlreadyTaken
            : ReportOutcome.Unknown;
    }

    private async Task OpenAsync(Transaction session, SessionReport report)
    {
        var rows = report.Opened
            .OrderBy(opened => opened.ConnectedAt)
            .Select(opened => new OpenedRow(
                Clean(opened.ConnectionId), Clean(opened.IpAddress), Clean(opened.UserAgent),
                AddressPrefix.Of(Clean(opened.IpAddress)), Clean(opened.Protocol), StoredDay.Of(opened.ConnectedAt, _zone),
                opened.ConnectedAt.ToStored(), CleanOrNull(opened.User)))
            .ToArray();
        var json = JsonSerializer.Serialize(rows, SessionJson.Default.OpenedRowArray);
        var days = await session.Connection.QueryAsync<string>(
            $"""
            {_opened}
            INSERT INTO session (
                connection_id, gateway_id, ip_address, network, user_agent, protocol, status, day, connected_at, user_id)
            SELECT r.connection_id, @gatewayId, r.ip_address, r.network, r.user_agent, r.protocol, 'connected', r.day,
                r.connected_at, r.user_id
            FROM r WHERE true
            ON CONFLICT (connection_id) DO NOTHING
            RETURNING day
            """,
            new { gatewayId = session.GatewayId, rows = json },
            session.Own);
        foreach (var day in days) session.Days[day].Opened++;
        if (report.Complete) await ReopenAsync(session, json);
    }

    /// <summary>
    /// A gateway that was given up but lives (a network that was cut and healed) still has its clients: what was counted when
    /// its sessions were closed is taken back.
    /// </summary>
    private async Task ReopenAsync(Transaction session, string rows)
    {
        var arguments = new { gatewayId = session.GatewayId, rows };
        var named = $"gateway_id = @gatewayId AND status <> 'connected' AND connection_id IN (SELECT r.connection_id FROM r)";
        foreach (var tally in await session.QueryAsync<Tally>(
            $"""
            {_opened}
            SELECT day AS Day, count(*) AS Sessions, CAST(sum(disconnected_at - connected_at) AS bigint) AS Duration,
                CAST(sum(CASE WHEN status = 'error' THEN 1 ELSE 0 END) AS bigint) AS Errors
            FROM session WHERE {named} GROUP BY day
            """,
            arguments))
        {
            var day = session.Days[tally.Day];
            day.Ended -= tally.Sessions;
            day.Errors -= tally.Errors;
            day.Duration -= tally.Duration;
        }

        await session.ExecuteAsync(
            $"""
            {_opened} UPDATE session SET status = 'connected', disconnected_at = NULL, last_error = NULL, reason = NULL
            WHERE {named}
            """,
            arguments);
    }

    private async Task CloseAsync(Transaction session, SessionClosed[] closed)
    {
        var rows = closed.Select(each => new ClosedRow(
            Clean(each.Counters.ConnectionId),
            each.Abnormal || each.Counters.Errors > 0 ? SessionStatus.Error : SessionStatus.Disconnected,
            each.DisconnectedAt.ToStored(),
            each.Counters.LastPingAt?.ToStored(),
            each.Counters.Sent,
            each.Counters.Received,
            each.Counters.Errors,
            CleanOrNull(each.Counters.LastError ?? (each.Abnormal ? each.Reason : null)),
            Clean(each.Reason)));
        foreach (var ended in await session.QueryAsync<EndedSession>(
            $"""
            {_closed}
            UPDATE session SET status = r.status, last_ping_at = r.last_ping_at, sent = r.sent, received = r.received,
                errors = r.errors, last_error = r.last_error, reason = r.reason,
                disconnected_at =
                    CASE WHEN r.disconnected_at > session.connected_at THEN r.disconnected_at ELSE session.connected_at END
            FROM r
            WHERE session.connection_id = r.connection_id AND session.gateway_id = @gatewayId AND session.status = 'connected'
            RETURNING session.day AS Day, session.status AS Status, session.disconnected_at - session.connected_at AS Duration
            """,
            new
            {
                gatewayId = session.GatewayId,
                rows = JsonSerializer.Serialize(rows.ToArray(), SessionJson.Default.ClosedRowArray),
            }))
        {
            var day = session.Days[ended.Day];
            day.Ended++;
            day.Duration += ended.Duration;
            if (ended.Status == SessionStatus.Error) day.Errors++;
        }
    }

    /// <summary>Sessions that a complete report does not name have ended in an unknown way.</summary>
    private Task<long> ReconcileAsync(Transaction session, SessionReport report) =>
        CloseOpenAsync(session, SessionStatus.Disconnected, "ended unreported", report.Opened, report.After, report.UpTo);

    private async Task<long> CloseOpenAsync(
        Transaction session, string status, string reason, SessionOpened[] except, string? after = null, string? upTo = null)
    {
        var open = "gateway_id = @gatewayId AND status = 'connected' AND connection_id NOT IN (SELECT r.connection_id FROM r)";
        if (after is not null) open += $" AND connection_id {_ordinal} > @after";
        if (upTo is not null) open += $" AND connection_id {_ordinal} <= @upTo";
        var named = except.Select(opened => new NamedRow(Clean(opened.ConnectionId))).ToArray();
        var arguments = new
        {
            gatewayId = session.GatewayId,
            now = StoredTime.Now(time),
            status,
            reason,
            error = status == SessionStatus.Error ? reason : null,
            after,
            upTo,
            rows = JsonSerializer.Serialize(named, SessionJson.Default.NamedRowArray),
        };
        long closed = 0;
        foreach (var tally in await session.QueryAsync<Tally>(
            $"""
            {_named}
            SELECT day AS Day, count(*) AS Sessions,
                CAST(sum(CASE WHEN connected_at < @now THEN @now - connected_at ELSE 0 END) AS bigint) AS Duration
            FROM session WHERE {open} GROUP BY day
            """,
            arguments))
        {
            var day = session.Days[tally.Day];
            day.Ended += tally.Sessions;
            day.Duration += tally.Duration;
            if (status == SessionStatus.Error) day.Errors += tally.Sessions;
            closed += tally.Sessions;
        }

        if (closed == 0) return 0;
        await session.ExecuteAsync(
            $"""
            {_named}
            UPDATE session SET status = @status, reason = @reason, last_error = @error,
                disconnected_at = CASE WHEN connected_at < @now THEN @now ELSE connected_at END
            WHERE {open}
            """,
            arguments);
        return closed;
    }

    /// <summary>The rows of the JSON parameter <c>@rows</c> as a table <c>r</c>: one statement for any number of rows.</summary>
    private static string Rows(Database database, params (string Name, string Type)[] columns)
    {
        // Materialized: SQLite would otherwise read the JSON again for every open session, and 10,000 of them took minutes.
        var table = IsPostgres(database)
            ? $"* FROM json_to_recordset(CAST(@rows AS json)) AS j({Join(column => $"{column.Name} {column.Type}")})"
            : $"{Join(column => $"value ->> '{column.Name}' AS {column.Name}")} FROM json_each(@rows)";
        return $"WITH r AS MATERIALIZED (SELECT {table})";

        string Join(Func<(string Name, string Type), string> term) => string.Join(", ", columns.Select(term));
    }

    private static bool IsPostgres(Database database) => database.Invariant == "Npgsql";

    // PostgreSQL refuses U+0000 in texts: one such report would always be refused, and so would all later ones.
    private static string Clean(string text)
    {
        var clean = StoredText.Clean(text);
        return clean.Length <= MaxTextLength ? clean : clean[..MaxTextLength];
    }

    private static string? CleanOrNull(string? text) => text is null ? null : Clean(text);

    private sealed record Transaction(DbConnection Connection, DbTransaction Own, string GatewayId, DayCounters Days)
    {
        public Task<int> ExecuteAsync(string sql, object arguments) => Connection.ExecuteAsync(sql, arguments, Own);

        public Task<IEnumerable<T>> QueryAsync<T>(string sql, object arguments) => Connection.QueryAsync<T>(sql, arguments, Own);
    }

    private sealed class Tally
    {
        public string Day { get; init; } = "";
        public long Sessions { get; init; }
        public long Duration { get; init; }
        public long Errors { get; init; }
    }

    private sealed class EndedSession
    {
        public string Day { get; init; } = "";
        public string Status { get; init; } = "";
        public long Duration { get; init; }
    }
}
