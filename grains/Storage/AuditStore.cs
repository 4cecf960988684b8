using Dapper;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>What administrators and operators have done.</summary>
public sealed class AuditStore(Database database)
{
    private const int SweepBatch = 500;

    public Task<int> AddAsync(AuditEntry entry, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            "INSERT INTO audit (at, who, act, target, address) VALUES (@At, @Who, @Act, @Target, @Address)",
            new { At = entry.At.ToUnixTimeMilliseconds(), entry.Who, entry.Act, entry.Target, entry.Address },
            transaction),
        cancellation);

    /// <summary>One page, newest first.</summary>
    public Task<AuditPage> ListAsync(AuditQuery query, CancellationToken cancellation = default)
    {
        // No stored text has a U+0000, and PostgreSQL refuses to be asked for it.
        if (new[] { query.Who, query.Act, query.Search }.Any(text => text?.Contains('\0', StringComparison.Ordinal) == true))
            return Task.FromResult(new AuditPage([], 0));

        string[] searched = ["who", "act", "target", "address"];
        var list = new ListQuery("audit", "id, act, target, who, address", "id DESC")
            .Where(query.From is not null, "at >= @From")
            .Where(query.To is not null, "at < @To")
            .Where(query.Who is not null, "who = @Who")
            .Scan(query.Act is not null, Like.Matches("act", "@Act"))
            .Scan(query.Search is not null, Like.MatchesAny(searched, "@Pattern"));
        var arguments = new
        {
            From = query.From?.ToUnixTimeMilliseconds(),
            To = query.To?.ToUnixTimeMilliseconds(),
            query.Who,
            Act = Like.Prefix(query.Act),
            Pattern = Like.Pattern(query.Search),
        };
        return database.ListAsync(
            async connection =>
            {
                var page = await list.RunAsync(connection, arguments, query.Page, query.Limit);
                if (page.Ids.Count == 0) return new AuditPage([], page.Total, page.IsTruncated);
                var rows = await connection.QueryAsync<Row>(
                    $"""
                    SELECT id AS Id, at AS At, who AS Who, act AS Act, target AS Target, address AS Address FROM audit
                    WHERE {page.Condition} ORDER BY id DESC
                    """);
                return new AuditPage([.. rows.Select(row => row.ToEntry())], page.Total, page.IsTruncated);
            },
            cancellation);
    }

    /// <summary>Deletes, in small batches, what is older than that time. Answers how many entries were deleted.</summary>
    public async Task<long> SweepAsync(DateTimeOffset before, CancellationToken cancellation = default)
    {
        long swept = 0;
        while (true)
        {
            var batch = await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(
                    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < @before ORDER BY at LIMIT @SweepBatch)",
                    new { before = before.ToUnixTimeMilliseconds(), SweepBatch },
                    transaction),
                cancellation);
            swept += batch;
            if (batch < SweepBatch) return swept;
        }
    }

    private sealed class Row
    {
        public long Id { get; init; }
        public long At { get; init; }
        public string Who { get; init; } = "";
        public string Act { get; init; } = "";
        public string Target { get; init; } = "";
        public string Address { get; init; } = "";

        public StoredAuditEntry ToEntry() => new(Id, new AuditEntry(DateTimeOffset.FromUnixTimeMilliseconds(At), Who, Act, Target, Address));
    }
}
