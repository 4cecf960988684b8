using System.Globalization;
using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Notifications;

/// <summary>
/// Notifications: lists and counts of those published on the public channel; status of all. Their rows are written with the log,
/// by <see cref="MessageStore"/> and <see cref="ChannelStore"/>.
/// </summary>
[StatelessWorker, Reentrant, GrainType("notification")]
public sealed class NotificationGrain(
    Database database, DeliveryStore deliveries, IOptions<SiloOptions> options, TimeProvider time) : Grain, INotificationGrain
{
    private const string OfChannel = $"channel = '{GrainKeys.PublicChannel}'";

    // An id below this is an offset, and names a notification only together with the channel.
    private static readonly string Named =
        string.Create(CultureInfo.InvariantCulture, $"id = @id AND ({OfChannel} OR id >= {Notification.FirstChannelId})");

    private const string Columns =
        """
        id AS Id, type AS Type, title AS Title, message AS Message, severity AS Severity, priority AS Priority, icon AS Icon,
        action_url AS ActionUrl, repo AS Repo, branch AS Branch, commit_sha AS CommitSha, metadata AS Metadata, status AS Status,
        created_at AS CreatedAt, updated_at AS UpdatedAt, delivered_at AS DeliveredAt, read_at AS ReadAt, channel AS Channel,
        "offset" AS "Offset"
        """;

    // Deliveries are looked up for those that are answered alone, not for all that a page skips.
    private static readonly string Counted = $"SELECT {Columns}, {DeliveryStore.ClientsOf("page.id")} AS Deliveries FROM";

    private readonly TimeZoneInfo _zone = options.Value.Zone();

    public Task<NotificationPage> ListAsync(NotificationQuery query)
    {
        if (!StoredText.CanMatch(query.Search)) return Task.FromResult(new NotificationPage([], 0));

        var list = new ListQuery("notification", "id, title, message", "id DESC")
            .Where(true, OfChannel)
            .Where(query.Status is not null, "status = @Status")
            .Where(query.Severity is not null, "severity = @Severity")
            .Scan(!string.IsNullOrEmpty(query.Search), Like.MatchesAny(["title", "message"], "@Pattern"));
        var arguments = new { query.Status, query.Severity, Pattern = Like.Pattern(query.Search) };
        return database.ListAsync(async connection =>
        {
            var page = await list.RunAsync(connection, arguments, query.Page, query.Limit);
            if (page.Ids.Count == 0) return new NotificationPage([], page.Total, page.IsTruncated);
            var rows = await connection.QueryAsync<Row>(
                $"{Counted} notification AS page WHERE {OfChannel} AND {page.Condition} ORDER BY id DESC");
            return new NotificationPage(rows.Select(row => row.ToNotification()).ToArray(), page.Total, page.IsTruncated);
        });
    }

    public Task<Notification?> GetAsync(long id) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            $"{Counted} notification AS page WHERE {Named}", new { id }))?.ToNotification());

    public Task<NotificationStats> StatsAsync() => database.ListAsync(async connection =>
    {
        var counts = (await connection.QueryAsync<Count>(
            $"""
            SELECT status AS Status, severity AS Severity, count(*) AS Number,
                CAST(sum(CASE WHEN created_at >= @midnight THEN 1 ELSE 0 END) AS bigint) AS Today
            FROM notification WHERE {OfChannel} GROUP BY status, severity
            """,
            new { midnight = Midnight().ToStored() })).ToArray();
        return new NotificationStats(
            counts.Sum(count => count.Number),
            NotificationStatus.All.ToDictionary(status => status, status => Sum(count => count.Status == status)),
            Severity.All.ToDictionary(severity => severity, severity => Sum(count => count.Severity == severity)),
            counts.Sum(count => count.Today));

        long Sum(Func<Count, bool> which) => counts.Where(which).Sum(count => count.Number);
    });

    /// <remarks>The first change to <c>read</c> is remembered.</remarks>
    public Task<Notification?> SetStatusAsync(long id, string status)
    {
        if (!NotificationStatus.All.Contains(status))
            throw new ArgumentException($"There is no status '{status}'.", nameof(status));
        var now = StoredTime.Now(time);
        return database.WriteAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                $"""
                UPDATE notification SET status = @status, updated_at = @now,
                    read_at = CASE WHEN @status = 'read' THEN coalesce(read_at, @now) ELSE read_at END
                WHERE {Named}
                """,
                new { id, status, now },
                transaction);
            return (await connection.QuerySingleOrDefaultAsync<Row>(
                $"{Counted} notification AS page WHERE {Named}", new { id }, transaction))?.ToNotification();
        });
    }

    public Task<bool> DeleteAsync(long id) => database.WriteAsync(async (connection, transaction) =>
        await connection.ExecuteAsync(
            $"DELETE FROM notification WHERE {Named}", new { id }, transaction) > 0);

    public Task RecordDeliveriesAsync(DeliveryReport report) => deliveries.AddAsync(report);

    private DateTimeOffset Midnight()
    {
        var midnight = TimeZoneInfo.ConvertTime(time.GetUtcNow(), _zone).Date;
        // Where summer time begins at midnight, that hour does not exist: the day then begins an hour later.
        while (_zone.IsInvalidTime(midnight)) midnight = midnight.AddMinutes(30);
        return new DateTimeOffset(midnight, _zone.GetUtcOffset(midnight));
    }

    private sealed class Count
    {
        public string Status { get; init; } = "";
        public string Severity { get; init; } = "";
        public long Number { get; init; }
        public long Today { get; init; }
    }

    private sealed class Row
    {
        public long Id { get; init; }
        public string Type { get; init; } = "";
        public string Title { get; init; } = "";
        public string Message { get; init; } = "";
        public string Severity { get; init; } = "";
        public string Priority { get; init; } = "";
        public string? Icon { get; init; }
        public string? ActionUrl { get; init; }
        public string? Repo { get; init; }
        public string? Branch { get; init; }
        public string? CommitSha { get; init; }
        public string? Metadata { get; init; }
        public string Status { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }
        public long? DeliveredAt { get; init; }
        public long? ReadAt { get; init; }
        public long Deliveries { get; init; }
        public string Channel { get; init; } = "";
        public long Offset { get; init; }

        public Notification ToNotification() => new(
            Id,
            new NotificationDraft(
                Type, Title, Message, Severity, Priority, Icon, ActionUrl, Repo, Branch, CommitSha, Metadata,
                StoredTime.Of(CreatedAt)),
            Status,
            StoredTime.Of(UpdatedAt),
            StoredTime.Of(DeliveredAt),
            StoredTime.Of(ReadAt),
            Deliveries,
            Channel,
            Offset);
    }
}
