using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Schedules;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteAuditGrainTests() : AuditGrainTests(null);

public sealed class PostgresAuditGrainTests(PostgresServer server) : AuditGrainTests(server);

public abstract class AuditGrainTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly AuditQuery Everything = new(null, null, null, null, null, 1, 50);

    [Fact]
    public async Task Entries_are_found_newest_first_by_each_filter_until_they_are_swept()
    {
        var audit = new AuditGrain(Database);
        var now = Clock.GetUtcNow();
        AuditEntry[] entries =
        [
            new(now, "ann@example.com", "user.create", "/api/users/8", "10.0.0.7"),
            new(now.AddSeconds(1), "bob@example.com", "user.change", "/api/users/8", "::1", AuditOutcome.Attempted),
            new(now.AddSeconds(2), "ann@example.com", "key.revoke", "/api/keys/100%", "::1"),
        ];
        foreach (var entry in entries) await audit.BeginAsync(entry);

        Assert.Equal(entries.Reverse(), (await audit.ListAsync(Everything)).Entries.Select(stored => stored.Entry));
        Assert.Equal([2L], await FoundAsync(Everything with { Page = 2, Limit = 1 }));
        Assert.Equal([2L], await FoundAsync(Everything with { From = now.AddSeconds(1), To = now.AddSeconds(2) }));
        Assert.Equal([3L, 1L], await FoundAsync(Everything with { Who = "ann@example.com" }));
        Assert.Equal([2L, 1L], await FoundAsync(Everything with { Act = "user." }));
        Assert.Equal([3L], await FoundAsync(Everything with { Search = "0%" }));
        Assert.Equal([2L], await FoundAsync(Everything with { Outcome = AuditOutcome.Attempted }));
        Assert.Empty(await FoundAsync(Everything with { Search = "\0" }));
        Assert.Equal(3, (await audit.ListAsync(Everything with { Limit = 1 })).Total);

        Assert.Equal(
            2, await new AuditSweep(Database, Settings).RunAsync(now.AddSeconds(2) + Settings.Value.AuditAge, Cancellation));
        Assert.Equal([3L], await FoundAsync(Everything));

        async Task<IEnumerable<long>> FoundAsync(AuditQuery query) =>
            (await audit.ListAsync(query)).Entries.Select(stored => stored.Id);
    }

    [Fact]
    public async Task An_entry_is_written_before_the_act_and_completed_after()
    {
        var audit = new AuditGrain(Database);
        var entry = new AuditEntry(
            Clock.GetUtcNow(), "ann@example.com", "user.create", "/api/users", "::1", AuditOutcome.Attempted);

        var (first, second) = (await audit.BeginAsync(entry), await audit.BeginAsync(entry));
        await audit.EndAsync(first, AuditOutcome.Done, "/api/users/8");

        Assert.Equal(
            [(second, entry), (first, entry with { Outcome = AuditOutcome.Done, Target = "/api/users/8" })],
            (await audit.ListAsync(Everything)).Entries.Select(stored => (stored.Id, stored.Entry)));
    }

    [Fact]
    public async Task Failed_logins_of_all_silos_are_one_entry_per_minute_account_and_network()
    {
        var audit = new AuditGrain(Database);
        FailedLogins[] silos =
            [.. Enumerable.Range(0, 8).Select(_ => new FailedLogins(Database, Clock, NullLogger<FailedLogins>.Instance))];
        foreach (var silo in silos)
        {
            for (var i = 0; i < 3; i++) silo.Note("ann@example.com", "10.0.0.7");
            silo.Note(FailedLogins.Nobody, "10.0.0.7");
        }

        Clock.Advance(TimeSpan.FromMinutes(1));
        foreach (var silo in silos) silo.Note("ann@example.com", "10.0.0.7");

        await Task.WhenAll(silos.Select(silo => silo.WriteAsync(Cancellation)));

        foreach (var silo in silos) silo.Dispose();
        var found = (await audit.ListAsync(Everything)).Entries.Select(stored => stored.Entry).ToList();
        Assert.Equal(3, found.Count);
        Assert.Equal(
            [("-", 8), ("ann@example.com", 8), ("ann@example.com", 24)],
            found.Select(entry => (entry.Who, entry.Times)).Order());
    }

    [Fact]
    public async Task Logins_beyond_their_number_leave_the_oldest_first_and_displace_nothing_else()
    {
        var audit = new AuditGrain(Database);
        using var failed = new FailedLogins(Database, Clock, NullLogger<FailedLogins>.Instance);
        var now = Clock.GetUtcNow();
        await audit.BeginAsync(new AuditEntry(now, "ann@example.com", "user.create", "/api/users/8", "::1"));
        for (var minute = 0; minute < 5; minute++)
        {
            await audit.BeginAsync(new AuditEntry(now, "ann@example.com", "login", $"{minute}", "::1"));
            failed.Note(FailedLogins.Nobody, "::1");
            await failed.WriteAsync(Cancellation);
            Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var sweep = new AuditSweep(Database, Options.Create(new SiloOptions { AuditLogins = 3 }));
        Assert.Equal(4, await sweep.RunAsync(Clock.GetUtcNow(), Cancellation));

        var left = (await audit.ListAsync(Everything)).Entries.Select(stored => stored.Entry).ToList();
        Assert.Equal(["2", "3", "4"], left.Where(entry => entry.Act == "login").Select(entry => entry.Target).Order());
        Assert.Equal(now.AddMinutes(2), left.Where(entry => entry.Act == "login.failed").Min(entry => entry.At));
        Assert.Single(left, entry => entry.Act == "user.create");
    }

    [Fact]
    public async Task A_flood_of_failed_logins_makes_bounded_entries_without_loss()
    {
        var audit = new AuditGrain(Database);
        using var failed = new FailedLogins(Database, Clock, NullLogger<FailedLogins>.Instance);

        for (var host = 0; host < 1_000; host++) failed.Note("ann@example.com", $"198.51.{host / 250}.{host % 250}");
        await failed.WriteAsync(Cancellation);
        failed.Note("ann@example.com", "198.51.0.0");
        failed.Note("ann@example.com", "198.51.9.9");
        await failed.WriteAsync(Cancellation);

        var page = await audit.ListAsync(Everything with { Limit = 500 });
        Assert.Equal(FailedLogins.MaxPerMinute + 1, page.Total);
        Assert.Equal(1_002, page.Entries.Sum(stored => stored.Entry.Times));
        Assert.Equal(901, Assert.Single(page.Entries, stored => stored.Entry.Address.Length == 0).Entry.Times);
    }

    [Fact]
    public async Task A_database_from_before_keeps_its_entries_and_loses_links_that_lead_elsewhere()
    {
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                DROP INDEX audit_login; DROP INDEX audit_login_failed; DROP TABLE sign_in_network;
                ALTER TABLE audit DROP COLUMN outcome; ALTER TABLE audit DROP COLUMN times;
                DELETE FROM migration WHERE name = '0010_sign_in_audit';
                INSERT INTO audit (at, who, act, target, address)
                VALUES (0, 'ann@example.com', 'user.create', '/api/users/8', '::1');
                """,
                transaction: transaction),
            Cancellation);
        var schedules = new ScheduleStore(Database, Clock);
        string?[] links = ["javascript:alert(1)", "HTTPS://example.com/", null, "data:text/html,x"];
        foreach (var link in links)
        {
            var content = new NotificationDraft(
                "windows", "標題", "m", "info", "low", null, link, null, null, null, """{"n":1.50}""", Clock.GetUtcNow());
            await schedules.AddAsync(
                new ScheduleDraft("name", content, ScheduleKind.Once, Clock.GetUtcNow().AddDays(1), null, null, MissedRuns.Skip),
                "ann",
                Cancellation);
        }

        await Database.MigrateAsync(Cancellation);

        Assert.Equal(
            new AuditEntry(DateTimeOffset.UnixEpoch, "ann@example.com", "user.create", "/api/users/8", "::1"),
            Assert.Single((await new AuditGrain(Database).ListAsync(Everything)).Entries).Entry);
        var kept = (await schedules.ListAsync(new ScheduleQuery(null, null, 1, 50), Cancellation)).Schedules;
        Assert.Equal(
            [null, "HTTPS://example.com/", null, null],
            kept.OrderBy(one => one.Id).Select(one => one.Draft.Notification.ActionUrl));
        Assert.All(
            kept.Select(one => one.Draft.Notification),
            one => Assert.Equal(("標題", """{"n":1.50}"""), (one.Title, one.MetadataJson)));
    }
}
