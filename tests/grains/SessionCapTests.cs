using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public sealed class SqliteSessionCapTests() : SessionCapTests(null);

public sealed class PostgresSessionCapTests(PostgresServer server) : SessionCapTests(server);

public abstract class SessionCapTests(PostgresServer? server) : StoreTest(server)
{
    private const int Max = 1_000;

    private readonly IOptions<SiloOptions> _small = Options.Create(new SiloOptions { TimeZone = "UTC", SessionRows = Max });
    private long _sequence;

    private SessionStore Store => field ??= new SessionStore(Database, Positions, _small, Clock);

    private SessionQueries Queries => field ??= new SessionQueries(Database, _small, Clock);

    private SessionCap Cap => field ??= new SessionCap(Database, _small);

    [Fact]
    public async Task Up_to_the_bound_nothing_leaves()
    {
        await ComeAndGoAsync("192.0.2.1", Max);
        Assert.Equal(0, await Cap.ApplyAsync(Cancellation));
        Assert.Equal(Max, (await PageAsync()).Total);
    }

    [Fact]
    public async Task Thousands_of_sessions_of_one_network_displace_only_its_own()
    {
        await ComeAndGoAsync("192.0.2.1", 8);
        await ComeAndGoAsync("2001:db8::1", 8);
        await OpenAsync("192.0.2.66", "open");
        // One house with as many addresses as it likes.
        for (var i = 0; i < 3; i++) await ComeAndGoAsync($"2001:db8:6:6::{i + 1:x}", 1_000);
        await ComeAndGoAsync("192.0.2.9", 100);
        var before = await Queries.StatsAsync(Cancellation);

        Assert.Equal(3_116 - Max + Max / 50, await Cap.ApplyAsync(Cancellation));

        Assert.Equal(8, await CountAsync("192.0.2.1"));
        Assert.Equal(8, await CountAsync("2001:db8::1"));
        Assert.Equal(100, await CountAsync("192.0.2.9"));
        Assert.Equal(1, await CountAsync("192.0.2.66"));
        Assert.Equal(0, await CountAsync("2001:db8:6:6::1"));
        Assert.Equal(Max - Max / 50 + 1, (await PageAsync()).Total);
        var after = await Queries.StatsAsync(Cancellation);
        Assert.Equal(
            (before.Total, before.Active, before.Errors, before.Today, before.AverageMinutes),
            (after.Total, after.Active, after.Errors, after.Today, after.AverageMinutes));
        Assert.Equal(before.Days, after.Days);
        Assert.Equal(0, await Cap.ApplyAsync(Cancellation));
    }

    [Fact]
    public async Task Without_a_heavy_network_the_oldest_sessions_are_deleted()
    {
        for (var i = 0; i < 220; i++) await ComeAndGoAsync($"10.0.{i / 250}.{i % 250}", 5);

        Assert.Equal(1_100 - Max + Max / 50, await Cap.ApplyAsync(Cancellation));

        Assert.Equal(0, await CountAsync("10.0.0.23"));
        Assert.Equal(5, await CountAsync("10.0.0.24"));
    }

    private async Task OpenAsync(string address, params string[] ids)
    {
        var opened = ids.Select(id => Open(id, Clock.GetUtcNow()) with { IpAddress = address }).ToArray();
        await TakeAsync(opened, []);
    }

    private async Task ComeAndGoAsync(string address, int times)
    {
        string[] ids = [.. Enumerable.Range(0, times).Select(_ => Guid.NewGuid().ToString("N"))];
        await OpenAsync(address, ids);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await TakeAsync([], [.. ids.Select((id, i) => Close(id, Clock.GetUtcNow(), abnormal: i % 10 == 0))]);
    }

    private async Task TakeAsync(SessionOpened[] opened, SessionClosed[] closed)
    {
        var node = new NodeReport("gw", "gateway", "", 1, 0, 0, 0, default);
        var report = new SessionReport(++_sequence, null!, node, Complete: _sequence == 1, opened, closed, 0, 0);
        Assert.Equal(ReportOutcome.Taken, await Store.TakeAsync("gw", report, Cancellation));
    }

    private Task<SessionPage> PageAsync() => Queries.PageAsync(new SessionQuery(null, 1, 1), Cancellation);

    private async Task<int> CountAsync(string address)
    {
        var count = 0;
        for (var page = 1; ; page++)
        {
            var found = await Queries.PageAsync(new SessionQuery(null, page, 500), Cancellation);
            count += found.Sessions.Count(session => session.Opened.IpAddress == address);
            if (found.Sessions.Length < 500) return count;
        }
    }
}
