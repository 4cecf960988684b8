using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Audit;

/// <summary>What people have done, and who logged in.</summary>
public sealed class AuditStore(Database database, IOptions<SiloOptions> options)
{
    public const string Login = "login";
    public const string FailedLogin = "login.failed";

    private const int SweepBatch = 500;

    /// <summary>Answers the entry's number.</summary>
    public Task<long> AddAsync(AuditEntry entry, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => AddAsync(connection, transaction, entry), cancellation);

    /// <summary>The same as part of another transaction.</summary>
    internal static Task<long> AddAsync(
        DbConnection connection, DbTransaction transaction, AuditEntry entry) => connection.QuerySingleAsync<long>(
        """
        INSERT INTO audit (at, who, act, target, address, outcome, times)
        VALUES (@At, @Who, @Act, @Target, @Address, @Outcome, @Times)
        RETURNING id
        """,
        new
        {
            At = entry.At.ToUnixTimeMilliseconds(),
            entry.Who,
            entry.Act,
            entry.Target,
            entry.Address,
            entry.Outcome,
            entry.Times,
        },
        transaction);

    /// <summary>How the act ended that was written down when it began.</summary>
    public Task<int> EndAsync(
        long id, string outcome, string target, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            "UPDATE audit SET outcome = @outcome, target = @target WHERE id = @id", new { id, outcome, target }, transaction),
        cancellation);

    /// <summary>Adds failed logins to what their minute has already, of whichever silo.</summary>
    public Task<int> AddFailedLoginsAsync(
        IReadOnlyCollection<(DateTimeOffset Minute, string Who, string Network, long Times)> failures,
        CancellationToken cancellation = default) =>
        database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                INSERT INTO audit (at, who, act, target, address, outcome, times)
                VALUES (@At, @Who, 'login.failed', '/api/auth/login', @Network, 'refused', @Times)
                ON CONFLICT (at, who, address) WHERE act = 'login.failed' DO UPDATE SET times = audit.times + excluded.times
                """,
                // In one order, so that two silos never wait for each other in a circle.
                failures.OrderBy(one => (one.Minute, one.Who, one.Network))
                    .Select(one => new { At = one.Minute.ToUnixTimeMilliseconds(), one.Who, one.Network, one.Times }),
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
            .Where(query.Outcome is not null, "outcome = @Outcome")
            .Scan(query.Act is not null, Like.Matches("act", "@Act"))
            .Scan(query.Search is not null, Like.MatchesAny(searched, "@Pattern"));
        var arguments = new
        {
            From = query.From?.ToUnixTimeMilliseconds(),
            To = query.To?.ToUnixTimeMilliseconds(),
            query.Who,
            Act = Like.Prefix(query.Act),
            query.Outcome,
            Pattern = Like.Pattern(query.Search),
        };
        return database.ListAsync(
            async connection =>
            {
                var page = await list.RunAsync(connection, arguments, query.Page, query.Limit);
                if (page.Ids.Count == 0) return new AuditPage([], page.Total, page.IsTruncated);
                var rows = await connection.QueryAsync<Row>(
                    $"""
                    SELECT id AS Id, at AS At, who AS Who, act AS Act, target AS Target, address AS Address,
                        outcome AS Outcome, times AS Times FROM audit
                    WHERE {page.Condition} ORDER BY id DESC
                    """);
                return new AuditPage([.. rows.Select(row => row.ToEntry())], page.Total, page.IsTruncated);
            },
            cancellation);
    }

    /// <summary>Deletes, in small batches, what is older than that time, and logins beyond their number: they must not displace
    /// what was done. Answers how many entries were deleted.</summary>
    public async Task<long> SweepAsync(DateTimeOffset before, CancellationToken cancellation = default)
    {
        var most = options.Value.AuditLogins;
        return await SweepAsync("at < @before ORDER BY at LIMIT @SweepBatch", before, 0, cancellation)
            + await SweepAsync($"act = '{Login}' ORDER BY id DESC LIMIT @SweepBatch OFFSET @most", before, most, cancellation)
            + await SweepAsync(
                $"act = '{FailedLogin}' ORDER BY at DESC LIMIT @SweepBatch OFFSET @most", before, most, cancellation);
    }

    /// <param name="which">Part of the SQL, never a user's input.</param>
    private async Task<long> SweepAsync(string which, DateTimeOffset before, int most, CancellationToken cancellation)
    {
        long swept = 0;
        while (true)
        {
            var batch = await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync(
                    $"DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE {which})",
                    new { before = before.ToUnixTimeMilliseconds(), most, SweepBatch },
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
        public string Outcome { get; init; } = "";
        public long Times { get; init; }

        public StoredAuditEntry ToEntry() => new(
            Id, new AuditEntry(DateTimeOffset.FromUnixTimeMilliseconds(At), Who, Act, Target, Address, Outcome, Times));
    }
}
