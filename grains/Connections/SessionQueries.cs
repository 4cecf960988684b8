using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Connections;

/// <summary>Reads what <see cref="SessionStore"/> keeps. Totals are the sum of the days; rows exist only within
/// retention.</summary>
public sealed class SessionQueries(Database database, IOptions<SiloOptions> options, TimeProvider time)
{
    private const int Days = 7;
    private const int RecentErrors = 10;
    private const string Columns =
        """
        id AS Id, connection_id AS ConnectionId, gateway_id AS GatewayId, ip_address AS IpAddress, user_agent AS UserAgent,
        protocol AS Protocol, status AS Status, connected_at AS ConnectedAt, disconnected_at AS DisconnectedAt,
        last_ping_at AS LastPingAt, sent AS Sent, received AS Received, errors AS Errors, last_error AS LastError,
        user_id AS UserId
        """;

    private readonly TimeZoneInfo _zone = options.Value.Zone();

    public Task<SessionTotals> TotalsAsync(CancellationToken cancellation = default) => database.ReadAsync(
        async connection =>
        {
            var days = await connection.QuerySingleAsync<DayRow>(
                """
                SELECT CAST(coalesce(sum(opened), 0) AS bigint) AS Opened, CAST(coalesce(sum(ended), 0) AS bigint) AS Ended
                FROM session_day
                """);
            var last = await connection.ExecuteScalarAsync<long?>("SELECT connected_at FROM session ORDER BY id DESC LIMIT 1");
            return new SessionTotals(days.Opened - days.Ended, days.Opened, StoredTime.Of(last));
        },
        cancellation);

    public Task<SessionStats> StatsAsync(CancellationToken cancellation = default) => database.ReadAsync(
        async connection =>
        {
            var stored = (await connection.QueryAsync<DayRow>(
                """
                SELECT day AS Day, opened AS Opened, ended AS Ended, errors AS Errors, sent AS Sent, received AS Received,
                    duration_ms AS Duration
                FROM session_day
                """)).ToDictionary(row => row.Day);
            var errors = await connection.QueryAsync<SessionRow>(
                $"SELECT {Columns} FROM session WHERE status = 'error' ORDER BY id DESC LIMIT @RecentErrors",
                new { RecentErrors });

            var total = stored.Values.Sum(row => row.Opened);
            var ended = stored.Values.Sum(row => row.Ended);
            var week = StoredDay.Last(Days, time.GetUtcNow(), _zone).Select(date => stored.TryGetValue(date, out var row)
                ? new DayStats(date, row.Opened, row.Opened - row.Ended, row.Errors)
                : new DayStats(date, 0, 0, 0)).ToArray();
            return new SessionStats(
                total - ended,
                total,
                stored.Values.Sum(row => row.Errors),
                week[^1].Count,
                ended == 0 ? 0 : TimeSpan.FromMilliseconds(stored.Values.Sum(row => row.Duration)).TotalMinutes / ended,
                week,
                stored.Values.Sum(row => row.Sent),
                stored.Values.Sum(row => row.Received),
                errors.Select(row => row.ToSession()).ToArray());
        },
        cancellation);

    /// <summary>One page, newest first. The total comes from the days' counters: counting ten million rows takes
    /// seconds.</summary>
    public Task<SessionPage> PageAsync(SessionQuery query, CancellationToken cancellation = default) => database.ListAsync(
        async connection =>
        {
            var where = query.Status is null ? "" : "WHERE status = @Status";
            var stored = query.Status switch
            {
                null => "opened - swept",
                SessionStatus.Connected => "opened - ended",
                SessionStatus.Error => "errors - swept_errors",
                _ => "ended - errors - swept + swept_errors",
            };
            var total = await connection.ExecuteScalarAsync<long>(
                $"SELECT CAST(coalesce(sum({stored}), 0) AS bigint) FROM session_day");
            var range = new PageRange(query.Page, query.Limit);
            if (range.Skip >= total) return new SessionPage([], total);

            // The inner query is answered by the index alone; otherwise PostgreSQL would read the rows themselves, also those of
            // other statuses.
            var rows = await connection.QueryAsync<SessionRow>(
                $"""
                SELECT {Columns} FROM session
                WHERE id IN (SELECT id FROM session {where} ORDER BY id DESC {PageRange.Sql})
                ORDER BY id DESC
                """,
                range.With(new { query.Status }));
            return new SessionPage(rows.Select(row => row.ToSession()).ToArray(), total);
        },
        cancellation);

    /// <summary>The gateway that an open session is at; null when there is no such open session.</summary>
    public Task<string?> FindGatewayAsync(string connectionId, CancellationToken cancellation = default) =>
        !StoredText.CanMatch(connectionId)
            ? Task.FromResult<string?>(null)
            : database.ReadAsync(
                connection => connection.ExecuteScalarAsync<string?>(
                    "SELECT gateway_id FROM session WHERE connection_id = @connectionId AND status = 'connected'",
                    new { connectionId }),
                cancellation);

    private sealed class DayRow
    {
        public string Day { get; init; } = "";
        public long Opened { get; init; }
        public long Ended { get; init; }
        public long Errors { get; init; }
        public long Sent { get; init; }
        public long Received { get; init; }
        public long Duration { get; init; }
    }

    private sealed class SessionRow
    {
        public long Id { get; init; }
        public string ConnectionId { get; init; } = "";
        public string GatewayId { get; init; } = "";
        public string IpAddress { get; init; } = "";
        public string UserAgent { get; init; } = "";
        public string Protocol { get; init; } = "";
        public string Status { get; init; } = "";
        public long ConnectedAt { get; init; }
        public long? DisconnectedAt { get; init; }
        public long? LastPingAt { get; init; }
        public long Sent { get; init; }
        public long Received { get; init; }
        public long Errors { get; init; }
        public string? LastError { get; init; }
        public string? UserId { get; init; }

        public Session ToSession() => new(
            Id,
            new SessionOpened(ConnectionId, IpAddress, UserAgent, Protocol, StoredTime.Of(ConnectedAt), UserId),
            GatewayId,
            Status,
            StoredTime.Of(DisconnectedAt),
            new LiveCounters(
                ConnectionId, Sent, Received, (int)Math.Min(Errors, int.MaxValue), LastError, StoredTime.Of(LastPingAt)));
    }
}
