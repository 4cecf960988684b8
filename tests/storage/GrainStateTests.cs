using System.Data;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteGrainStateTests() : GrainStateTests(null);

public sealed class PostgresGrainStateTests(PostgresServer server) : GrainStateTests(server);

/// <summary>Behind a pooler that gives each transaction another connection.</summary>
public sealed class PooledGrainStateTests(PostgresServer server) : GrainStateTests(server)
{
    private PgBouncer? _pooler;

    protected override async Task<string> ReachAsync(string storage) =>
        (_pooler = await PgBouncer.StartAsync("transaction", storage, servers: 3)).ConnectionString;

    protected override ValueTask LeaveAsync() => _pooler?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Orleans' contract for grain state: a write succeeds when it returns one row with a version other than the
/// grain's.</summary>
public abstract class GrainStateTests(PostgresServer? server) : StorageTest(server)
{
    private static readonly byte[] One = [1];
    private static readonly byte[] Two = [2, 2];

    [Fact]
    public async Task All_queries_that_Orleans_asks_for_are_there()
    {
        var tables = await OrleansTables.LoadAsync(Database);

        Assert.Equal(
            [
                "CleanupDefunctSiloEntriesKey", "CleanupDefunctSiloEntryKey", "ClearStorageKey",
                "DeleteMembershipTableEntriesKey", "DeleteReminderRowKey", "DeleteReminderRowsKey", "DeleteStorageKey",
                "GatewaysQueryKey", "InsertMembershipKey", "InsertMembershipVersionKey", "MembershipReadAllKey",
                "MembershipReadRowKey", "ReadFromStorageKey", "ReadRangeRows1Key", "ReadRangeRows2Key", "ReadReminderRowKey",
                "ReadReminderRowsKey", "UpdateIAmAlivetimeKey", "UpdateMembershipKey", "UpsertReminderRowKey",
                "WriteToStorageKey",
            ],
            tables.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_state_is_written_read_rewritten_cleared_and_written_again()
    {
        var tables = await OrleansTables.LoadAsync(Database);

        Assert.Empty(await ReadAsync(tables));
        Assert.Equal([1], await WriteAsync(tables, null, One));
        Assert.Equal([(Hex(One), 1)], await ReadAsync(tables));
        Assert.Equal([2], await WriteAsync(tables, 1, Two));
        Assert.Equal([(Hex(Two), 2)], await ReadAsync(tables));
        Assert.Equal([3], await ChangeAsync(tables, "ClearStorageKey", 2));
        Assert.Equal([(null, 3)], await ReadAsync(tables));
        Assert.Equal([4], await WriteAsync(tables, 3, One));
        Assert.Equal([(Hex(One), 4)], await ReadAsync(tables));
        Assert.Equal([5], await ChangeAsync(tables, "DeleteStorageKey", 4));
        Assert.Empty(await ReadAsync(tables));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("key")]
    public async Task Of_32_racing_first_writes_exactly_one_wins(string? extension)
    {
        var tables = await OrleansTables.LoadAsync(Database);

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
            Task.Run(() => WriteAsync(tables, null, [(byte)i], extension), Cancellation)));

        Assert.Equal([1], Assert.Single(answers, answer => answer.Count > 0));
        Assert.Single(await ReadAsync(tables, extension));
    }

    [Fact]
    public async Task Of_32_racing_rewrites_exactly_one_wins()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        await WriteAsync(tables, null, One);

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i =>
            Task.Run(() => WriteAsync(tables, 1, [(byte)i]), Cancellation)));

        Assert.Equal([2], Assert.Single(answers, answer => answer.Count > 0));
    }

    [Fact]
    public async Task Stale_writes_clears_and_deletes_change_nothing()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        await WriteAsync(tables, null, One);
        await WriteAsync(tables, 1, Two);

        Assert.Empty(await WriteAsync(tables, null, One));
        Assert.Empty(await WriteAsync(tables, 1, One));
        Assert.Empty(await WriteAsync(tables, 7, One));
        Assert.Empty(await ChangeAsync(tables, "ClearStorageKey", 1));
        Assert.Empty(await ChangeAsync(tables, "ClearStorageKey", null));
        Assert.Empty(await ChangeAsync(tables, "DeleteStorageKey", 1));
        Assert.Equal([(Hex(Two), 2)], await ReadAsync(tables));
    }

    [Fact]
    public async Task A_cleared_state_counts_as_existing_for_a_first_write()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        await WriteAsync(tables, null, One);
        await ChangeAsync(tables, "ClearStorageKey", 1);

        Assert.Empty(await WriteAsync(tables, null, Two));
        Assert.Equal([(null, 2)], await ReadAsync(tables));
    }

    [Fact]
    public async Task Every_part_of_the_key_distinguishes_states()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        var keys = new[]
        {
            Key(null), Key("a"), Key("A"), Key(null, n0: 1), Key(null, n1: 1), Key(null, type: "other"),
            Key(null, service: "other"),
        };
        foreach (var key in keys)
        {
            Assert.Equal([1], await tables.QueryAsync(
                "WriteToStorageKey",
                reader => reader.GetInt32(0),
                [.. key, ("GrainStateVersion", DbType.Int32, null), ("PayloadBinary", DbType.Binary, One)]));
        }
    }

    private static string? Hex(byte[]? bytes) => bytes is null ? null : Convert.ToHexString(bytes);

    private static (string, DbType, object?)[] Key(
        string? extension, long n0 = 0, long n1 = 0, string type = "connection", string service = "notifyhub") =>
    [
        ("GrainIdHash", DbType.Int32, -5), ("GrainIdN0", DbType.Int64, n0), ("GrainIdN1", DbType.Int64, n1),
        ("GrainTypeHash", DbType.Int32, 17), ("GrainTypeString", DbType.String, type),
        ("GrainIdExtensionString", DbType.String, extension), ("ServiceId", DbType.String, service),
    ];

    private static Task<List<int>> WriteAsync(
        OrleansTables tables, int? version, byte[] payload, string? extension = null) => tables.QueryAsync(
        "WriteToStorageKey",
        reader => Convert.ToInt32(reader.GetValue(reader.GetOrdinal("NewGrainStateVersion"))),
        [.. Key(extension), ("GrainStateVersion", DbType.Int32, version), ("PayloadBinary", DbType.Binary, payload)]);

    private static Task<List<int>> ChangeAsync(OrleansTables tables, string key, int? version) => tables.QueryAsync(
        key, reader => Convert.ToInt32(reader.GetValue(0)), [.. Key(null), ("GrainStateVersion", DbType.Int32, version)]);

    private static Task<List<(string? Payload, int Version)>> ReadAsync(
        OrleansTables tables, string? extension = null) => tables.QueryAsync(
        "ReadFromStorageKey",
        reader => (
            Hex(reader.GetValue(reader.GetOrdinal("PayloadBinary")) as byte[]),
            Convert.ToInt32(reader.GetValue(reader.GetOrdinal("Version")))),
        Key(extension));
}
