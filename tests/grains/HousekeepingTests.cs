using System.Reflection;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Connections;
using NotifyHub.Grains.Service;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Sessions;

namespace NotifyHub.GrainTests;

public sealed class HousekeepingTests() : StoreTest(null)
{
    [Fact]
    public async Task When_the_silo_that_does_it_stops_another_one_goes_on()
    {
        await using var cluster = await GrainCluster.StartAsync(Database.ConnectionString, silos: 2);
        await Until.TrueAsync(async () => await HolderAsync() != "");
        var holder = await HolderAsync();
        var first = cluster.Orleans.Silos.Single(silo => silo.SiloAddress.ToString() == holder);
        var second = cluster.Orleans.Silos.Single(silo => silo != first);
        var gateway = cluster.Gateway();
        var longAgo = DateTimeOffset.UtcNow.AddDays(-40);
        await gateway.ReportAsync([Open("old", longAgo), Open("new")], [Close("old", longAgo)], complete: true);

        await cluster.Orleans.StopSiloAsync(first, Cancellation);

        Assert.NotEqual(holder, await HolderAsync());
        await Until.TrueAsync(async () => await HolderAsync() == second.SiloAddress.ToString());
        await Until.TrueAsync(async () =>
            (await cluster.Stats.ConnectionsAsync(new SessionQuery(null, 1, 50))).Sessions is [{ Opened.ConnectionId: "new" }]);
    }

    [Fact]
    public async Task An_unexpected_fault_does_not_end_it()
    {
        var grains = DispatchProxy.Create<IGrainFactory, BrokenGrains>();
        using var housekeeping = Create(grains, NullLogger<Housekeeping>.Instance);
        await housekeeping.StartAsync(Cancellation);

        await Until.TrueAsync(() =>
        {
            Clock.Advance(Settings.Value.Lease);
            return ((BrokenGrains)(object)grains).Calls >= 3;
        });

        Assert.Equal(ThisSilo.Address.ToString(), await HolderAsync());
        await housekeeping.StopAsync(Cancellation);
        Assert.Equal("", await HolderAsync());
    }

    [Fact]
    public async Task A_missing_table_puts_it_off_until_the_table_is_back()
    {
        await RenameAsync("housekeeping", "away");
        var grains = DispatchProxy.Create<IGrainFactory, BrokenGrains>();
        using var log = new LogLines<Housekeeping>();
        using var housekeeping = Create(grains, log);
        await housekeeping.StartAsync(Cancellation);

        await Until.TrueAsync(() =>
        {
            Clock.Advance(Settings.Value.Lease);
            return log.All.Count > 0;
        });
        await RenameAsync("away", "housekeeping");
        await Until.TrueAsync(() =>
        {
            Clock.Advance(Settings.Value.Lease);
            return ((BrokenGrains)(object)grains).Calls > 0;
        });

        Assert.StartsWith("Warning: Housekeeping is postponed: ", log.All.First(), StringComparison.Ordinal);
        Assert.Single(log.All, line => line.Contains("postponed", StringComparison.Ordinal));
        await housekeeping.StopAsync(Cancellation);

        Task<int> RenameAsync(string table, string name) => Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync($"ALTER TABLE {table} RENAME TO {name}", null, transaction),
            Cancellation);
    }

    /// <summary>Its runs end with the first call of a grain, before the sweep.</summary>
    private Housekeeping Create(IGrainFactory grains, ILogger<Housekeeping> logger) => new(
        new HousekeepingLock(Database, Clock),
        history: null!,
        new SessionCap(Database, Settings),
        channels: null!,
        Positions,
        grains,
        DispatchProxy.Create<ILocalSiloDetails, ThisSilo>(),
        Settings,
        Clock,
        logger);

    private Task<string?> HolderAsync() => Database.ReadAsync(
        connection => connection.ExecuteScalarAsync<string>("SELECT holder FROM housekeeping"), Cancellation);

    public class BrokenGrains : DispatchProxy
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException("broken");
        }
    }

    public class ThisSilo : DispatchProxy
    {
        public static readonly SiloAddress Address = SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Address;
    }
}
