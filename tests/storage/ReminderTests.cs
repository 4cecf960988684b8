using System.Data;
using System.Data.Common;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteReminderTests() : ReminderTests(null);

public sealed class PostgresReminderTests(PostgresServer server) : ReminderTests(server);

/// <summary>Orleans' contract for reminders.</summary>
public abstract class ReminderTests(PostgresServer? server) : StorageTest(server)
{
    private const long FortyDays = 40L * 24 * 60 * 60 * 1000;

    private static readonly DateTime Start = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static readonly (string, DbType, object?) Service = ("ServiceId", DbType.String, "notifyhub");

    [Fact]
    public async Task A_reminder_is_kept_changed_and_deleted_by_its_version()
    {
        var tables = await OrleansTables.LoadAsync(Database);

        Assert.Equal(0, await UpsertAsync(tables, "g/a", 5, 60_000));
        Assert.Equal(1, await UpsertAsync(tables, "g/a", 5, FortyDays));

        Assert.Equal(
            [("g/a", "sweep", Start, FortyDays, 1)],
            await tables.QueryAsync("ReadReminderRowKey", Read, [Service, .. Reminder("g/a")]));
        Assert.False(await tables.TryAsync("DeleteReminderRowKey", [Service, .. Reminder("g/a"), ("Version", DbType.Int32, 0)]));
        Assert.True(await tables.TryAsync("DeleteReminderRowKey", [Service, .. Reminder("g/a"), ("Version", DbType.Int32, 1)]));
        Assert.Empty(await tables.QueryAsync("ReadReminderRowsKey", Read, Service, Reminder("g/a")[0]));
    }

    [Theory]
    [InlineData("ReadRangeRows1Key", -10, 10, new[] { 0, 10 })]
    [InlineData("ReadRangeRows1Key", int.MinValue, int.MaxValue, new[] { -10, 0, 10, int.MaxValue })]
    [InlineData("ReadRangeRows2Key", 10, -10, new[] { int.MinValue, -10, int.MaxValue })]
    [InlineData("ReadRangeRows2Key", 0, 0, new[] { int.MinValue, -10, 0, 10, int.MaxValue })]
    public async Task Ranges_exclude_their_begin_include_their_end_and_may_wrap(string query, int begin, int end, int[] expected)
    {
        var tables = await OrleansTables.LoadAsync(Database);
        foreach (var hash in new[] { int.MinValue, -10, 0, 10, int.MaxValue })
            await UpsertAsync(tables, $"g/{hash}", hash, 60_000);

        var rows = await tables.QueryAsync(
            query, Read, Service, ("BeginHash", DbType.Int32, begin), ("EndHash", DbType.Int32, end));

        Assert.Equal(expected.Select(hash => $"g/{hash}").Order(), rows.Select(row => row.Grain).Order());
    }

    [Fact]
    public async Task Reminders_of_one_service_are_deleted_together()
    {
        var tables = await OrleansTables.LoadAsync(Database);
        await UpsertAsync(tables, "g/a", 1, 60_000);
        await UpsertAsync(tables, "g/b", 2, 60_000);

        await tables.RunAsync("DeleteReminderRowsKey", ("ServiceId", DbType.String, "other"));
        Assert.Single(await tables.QueryAsync("ReadReminderRowsKey", Read, Service, Reminder("g/b")[0]));
        await tables.RunAsync("DeleteReminderRowsKey", Service);
        Assert.Empty(await tables.QueryAsync(
            "ReadRangeRows2Key", Read, Service, ("BeginHash", DbType.Int32, 0), ("EndHash", DbType.Int32, 0)));
    }

    private static (string, DbType, object?)[] Reminder(string grain) =>
        [("GrainId", DbType.AnsiString, grain), ("ReminderName", DbType.String, "sweep")];

    private static async Task<int> UpsertAsync(
        OrleansTables tables, string grain, int hash, long period) => Assert.Single(await tables.QueryAsync(
        "UpsertReminderRowKey",
        reader => Convert.ToInt32(reader.GetValue(reader.GetOrdinal("Version"))),
        [
            Service, ("GrainHash", DbType.Int32, hash), .. Reminder(grain), ("StartTime", DbType.DateTime, Start),
            period <= int.MaxValue ? ("Period", DbType.Int32, (int)period) : ("Period", DbType.Int64, period),
        ]));

    private static (string Grain, string Name, DateTime Start, long Period, int Version) Read(DbDataReader reader) => (
        (string)reader.GetValue(reader.GetOrdinal("GrainId")),
        (string)reader.GetValue(reader.GetOrdinal("ReminderName")),
        DateTime.SpecifyKind(reader.GetDateTime(reader.GetOrdinal("StartTime")), DateTimeKind.Utc),
        reader.GetInt64(reader.GetOrdinal("Period")),
        Convert.ToInt32(reader.GetValue(reader.GetOrdinal("Version"))));
}
