using System.Data.Common;
using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Audit;

/// <summary>What people have done, and who logged in.</summary>
[StatelessWorker, Reentrant, GrainType("audit")]
public sealed class AuditGrain(Database database) : Grain, IAuditGrain
{
    public const string Login = "login";
    public const string FailedLogin = "login.failed";
    public const string IssuedToken = "token.issue";

    public Task<long> BeginAsync(AuditEntry entry) => database.WriteAsync(
        (connection, transaction) => AddAsync(connection, transaction, entry));

    public Task EndAsync(long id, string outcome, string target) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            "UPDATE audit SET outcome = @outcome, target = @target WHERE id = @id", new { id, outcome, target }, transaction));

    public Task<AuditPage> ListAsync(AuditQuery query)
    {
        if (!StoredText.CanMatch(query.Who, query.Act, query.Search)) return Task.FromResult(new AuditPage([], 0));

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
            From = query.From?.ToStored(),
            To = query.To?.ToStored(),
            query.Who,
            Act = Like.Prefix(query.Act),
            query.Outcome,
            Pattern = Like.Pattern(query.Search),
        };
        return database.ListAsync(async connection =>
        {
            var page = await list.RunAsync(connection, arguments, query.Page, query.Limit);
            if (page.Ids.Count == 0) return new AuditPage([], page.Total, page.IsTruncated);
            var rows = await connection.QueryAsync<Row>(
                $"""
                SELECT id AS Id, at AS At, who AS Who, act AS Act, target AS Target, address AS Address, outcome AS Outcome,
                    times AS Times
                FROM audit WHERE {page.Condition} ORDER BY id DESC
                """);
            return new AuditPage([.. rows.Select(row => row.ToEntry())], page.Total, page.IsTruncated);
        });
    }

    /// <summary>Adds an entry as part of a transaction. Returns its number.</summary>
    internal static Task<long> AddAsync(
        DbConnection connection, DbTransaction transaction, AuditEntry entry) => connection.QuerySingleAsync<long>(
        """
        INSERT INTO audit (at, who, act, target, address, outcome, times)
        VALUES (@At, @Who, @Act, @Target, @Address, @Outcome, @Times)
        RETURNING id
        """,
        new
        {
            At = entry.At.ToStored(),
            entry.Who,
            entry.Act,
            entry.Target,
            entry.Address,
            entry.Outcome,
            entry.Times,
        },
        transaction);

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

        public StoredAuditEntry ToEntry() =>
            new(Id, new AuditEntry(StoredTime.Of(At), Who, Act, Target, Address, Outcome, Times));
    }
}
