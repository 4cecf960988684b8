using System.Data;
using System.Data.Common;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteMembershipTests() : MembershipTests(null);

public sealed class PostgresMembershipTests(PostgresServer server) : MembershipTests(server);

/// <summary>Behind a pooler that gives each transaction another connection.</summary>
public sealed class PooledMembershipTests(PostgresServer server) : MembershipTests(server)
{
    private PgBouncer? _pooler;

    protected override async Task<string> ReachAsync(string storage) =>
        (_pooler = await PgBouncer.StartAsync("transaction", storage, servers: 3)).ConnectionString;

    protected override ValueTask LeaveAsync() => _pooler?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Orleans' contract for clustering: each change of a silo's row is a compare-and-swap of the table's version.</summary>
public abstract class MembershipTests(PostgresServer? server) : StorageTest(server)
{
    private const int Joining = 2, Active = 3, Dead = 6;

    private static readonly DateTime Start = new(2026, 3, 1, 12, 0, 0, 123, DateTimeKind.Utc);

    private static readonly (string, DbType, object?) Cluster = ("DeploymentId", DbType.String, "grid");

    [Fact]
    public async Task The_version_row_is_made_once_by_racing_silos()
    {
        var tables = await OrleansTables.LoadAsync(Database);

        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ =>
            Task.Run(() => tables.TryAsync("InsertMembershipVersionKey", Cluster), Cancellation)));

        Assert.Single(made, won => won);
        Assert.Equal([new Row(null, 0)], await ReadAllAsync(tables));
    }

    [Fact]
    public async Task A_silo_joins_only_from_the_version_that_was_read()
    {
        var tables = await ClusterAsync();

        Assert.True(await InsertAsync(tables, port: 1, version: 0));
        Assert.False(await InsertAsync(tables, port: 2, version: 0));
        Assert.True(await InsertAsync(tables, port: 2, version: 1));
        Assert.False(await InsertAsync(tables, port: 2, version: 2));

        Assert.Equal([new Row(1, 2), new Row(2, 2)], (await ReadAllAsync(tables)).OrderBy(row => row.Port));
    }

    [Fact]
    public async Task Of_racing_joins_exactly_one_wins()
    {
        var tables = await ClusterAsync();

        var joined = await Task.WhenAll(Enumerable.Range(1, 32).Select(port =>
            Task.Run(() => InsertAsync(tables, port, version: 0), Cancellation)));

        Assert.Single(joined, won => won);
        Assert.Equal(1, Assert.Single(await ReadAllAsync(tables)).Version);
    }

    [Fact]
    public async Task A_silo_changes_only_from_the_version_that_was_read()
    {
        var tables = await ClusterAsync();
        await InsertAsync(tables, port: 1, version: 0);

        Assert.False(await UpdateAsync(tables, port: 1, version: 0, Active));
        Assert.False(await UpdateAsync(tables, port: 9, version: 1, Active));
        Assert.Equal([new Row(1, 1)], await ReadAllAsync(tables));

        Assert.True(await UpdateAsync(tables, port: 1, version: 1, Active, "127.0.0.1:9@7,2026-03-01 12:00:00.000 GMT"));
        Assert.False(await UpdateAsync(tables, port: 1, version: 1, Dead));

        var silo = Assert.Single(await tables.QueryAsync("MembershipReadRowKey", ReadSilo, [Cluster, .. Silo(1)]));
        Assert.Equal(
            new SiloRow(
                "127.0.0.1", 1, 7, "silo-1", "host", Active, 30001, Start, Start.AddSeconds(2),
                "127.0.0.1:9@7,2026-03-01 12:00:00.000 GMT", 2),
            silo);
    }

    [Fact]
    public async Task Of_racing_changes_exactly_one_wins()
    {
        var tables = await ClusterAsync();
        for (var port = 1; port <= 4; port++) await InsertAsync(tables, port, port - 1);

        var changed = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
            Task.Run(() => UpdateAsync(tables, 1 + (i % 4), version: 4, Active), Cancellation)));

        Assert.Single(changed, won => won);
        Assert.All(await ReadAllAsync(tables), row => Assert.Equal(5, row.Version));
    }

    [Fact]
    public async Task A_sign_of_life_leaves_the_version_alone()
    {
        var tables = await ClusterAsync();
        await InsertAsync(tables, port: 1, version: 0);

        await tables.RunAsync(
            "UpdateIAmAlivetimeKey", [Cluster, .. Silo(1), ("IAmAliveTime", DbType.DateTime, Start.AddHours(1))]);

        var silo = Assert.Single(await tables.QueryAsync("MembershipReadRowKey", ReadSilo, [Cluster, .. Silo(1)]));
        Assert.Equal((Start.AddHours(1), 1), (silo.IAmAlive, silo.Version));
    }

    [Fact]
    public async Task An_unknown_silo_reads_as_the_version_alone()
    {
        var tables = await ClusterAsync();
        await InsertAsync(tables, port: 1, version: 0);

        Assert.Equal([new Row(null, 1)], await tables.QueryAsync("MembershipReadRowKey", ReadRow, [Cluster, .. Silo(2)]));
    }

    [Fact]
    public async Task Gateways_are_the_active_silos_with_a_proxy_port()
    {
        var tables = await ClusterAsync();
        await InsertAsync(tables, port: 1, version: 0);
        await InsertAsync(tables, port: 2, version: 1);
        await InsertAsync(tables, port: 3, version: 2, proxyPort: 0);
        await UpdateAsync(tables, port: 1, version: 3, Active);
        await UpdateAsync(tables, port: 3, version: 4, Active);

        var gateways = await tables.QueryAsync(
            "GatewaysQueryKey",
            reader => (Text(reader, "Address"), Int(reader, "ProxyPort"), Int(reader, "Generation")),
            Cluster, ("Status", DbType.Int32, Active));

        Assert.Equal([("127.0.0.1", 30001, 7)], gateways);
    }

    [Fact]
    public async Task Only_dead_silos_are_cleaned_up_and_only_as_they_were_read()
    {
        var tables = await ClusterAsync();
        await InsertAsync(tables, port: 1, version: 0);
        await InsertAsync(tables, port: 2, version: 1);
        await InsertAsync(tables, port: 3, version: 2);
        await UpdateAsync(tables, port: 1, version: 3, Dead, "");
        await UpdateAsync(tables, port: 2, version: 4, Dead, "votes");

        await CleanUpAsync(port: 1, suspects: "votes", Start.AddSeconds(2));
        await CleanUpAsync(port: 1, suspects: null, Start.AddSeconds(3));
        await CleanUpAsync(port: 3, suspects: null, Start.AddSeconds(1));
        Assert.Equal(3, (await ReadAllAsync(tables)).Count);

        await CleanUpAsync(port: 1, suspects: null, Start.AddSeconds(2));
        Assert.Equal([2, 3], (await ReadAllAsync(tables)).Select(row => row.Port).Order());

        await tables.RunAsync("CleanupDefunctSiloEntriesKey", Cluster, ("IAmAliveTime", DbType.DateTime, Start.AddSeconds(2)));
        Assert.Equal(2, (await ReadAllAsync(tables)).Count);
        await tables.RunAsync("CleanupDefunctSiloEntriesKey", Cluster, ("IAmAliveTime", DbType.DateTime, Start.AddDays(1)));
        Assert.Equal([new Row(3, 5)], await ReadAllAsync(tables));

        await tables.RunAsync("DeleteMembershipTableEntriesKey", Cluster);
        Assert.Empty(await ReadAllAsync(tables));

        Task CleanUpAsync(int port, string? suspects, DateTime alive) => tables.RunAsync(
            "CleanupDefunctSiloEntryKey",
            [
                Cluster, .. Silo(port), ("SuspectTimes", DbType.String, suspects), ("StartTime", DbType.DateTime, Start),
                ("IAmAliveTime", DbType.DateTime, alive),
            ]);
    }

    private async Task<OrleansTables> ClusterAsync()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        Assert.True(await tables.TryAsync("InsertMembershipVersionKey", Cluster));
        return tables;
    }

    private static (string, DbType, object?)[] Silo(int port) =>
        [("Address", DbType.AnsiString, "127.0.0.1"), ("Port", DbType.Int32, port), ("Generation", DbType.Int32, 7)];

    private static Task<bool> InsertAsync(OrleansTables tables, int port, int version, int proxyPort = 30001) => tables.TryAsync(
        "InsertMembershipKey",
        [
            Cluster, ("IAmAliveTime", DbType.DateTime, Start.AddSeconds(1)), ("SiloName", DbType.String, $"silo-{port}"),
            ("HostName", DbType.String, "host"), .. Silo(port), ("StartTime", DbType.DateTime, Start),
            ("Status", DbType.Int32, Joining), ("ProxyPort", DbType.Int32, proxyPort), ("Version", DbType.Int32, version),
        ]);

    private static Task<bool> UpdateAsync(
        OrleansTables tables, int port, int version, int status, string? suspects = null) => tables.TryAsync(
        "UpdateMembershipKey",
        [
            Cluster, .. Silo(port), ("IAmAliveTime", DbType.DateTime, Start.AddSeconds(2)), ("Status", DbType.Int32, status),
            ("SuspectTimes", DbType.String, suspects), ("Version", DbType.Int32, version),
        ]);

    private static Task<List<Row>> ReadAllAsync(OrleansTables tables) =>
        tables.QueryAsync("MembershipReadAllKey", ReadRow, Cluster);

    private static Row ReadRow(DbDataReader reader) =>
        new(reader.IsDBNull(reader.GetOrdinal("StartTime")) ? null : Int(reader, "Port"), Int(reader, "Version"));

    private static SiloRow ReadSilo(DbDataReader reader) => new(
        Text(reader, "Address"), Int(reader, "Port"), Int(reader, "Generation"), Text(reader, "SiloName"),
        Text(reader, "HostName"), Int(reader, "Status"), Int(reader, "ProxyPort"), Time(reader, "StartTime"),
        Time(reader, "IAmAliveTime"), reader.GetValue(reader.GetOrdinal("SuspectTimes")) as string, Int(reader, "Version"));

    private static string Text(DbDataReader reader, string column) => (string)reader.GetValue(reader.GetOrdinal(column));

    private static int Int(DbDataReader reader, string column) => reader.GetInt32(reader.GetOrdinal(column));

    private static DateTime Time(DbDataReader reader, string column) =>
        DateTime.SpecifyKind(reader.GetDateTime(reader.GetOrdinal(column)), DateTimeKind.Utc);

    /// <summary>Port is null on a row that tells the version only.</summary>
    private sealed record Row(int? Port, int Version);

    private sealed record SiloRow(
        string Address, int Port, int Generation, string Name, string Host, int Status, int ProxyPort, DateTime Start,
        DateTime IAmAlive, string? Suspects, int Version);
}
