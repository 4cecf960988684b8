using System.Data.Common;
using Dapper;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// The number of the last report taken from each gateway, one row per kind of report. The number is stored in the transaction of
/// the report's effects, so a report that is sent twice takes effect once, on whichever silo it arrives.
/// </summary>
/// <remarks>Session reports renew a gateway's lease: their row also says when the lease ended. It is null while the lease
/// runs.</remarks>
public sealed class ReportPositions(Database database, TimeProvider time)
{
    /// <summary>Stores the number if it is newer than the last one. False: the report, or a later one, was taken
    /// before.</summary>
    /// <remarks>A lease that ended begins again, whatever the number.</remarks>
    internal async Task<bool> TakeAsync(DbConnection connection, DbTransaction transaction, ReportNumber report) =>
        await connection.ExecuteAsync(
            """
            INSERT INTO report_position (gateway_id, kind, number, taken_at) VALUES (@GatewayId, @Kind, @Number, @now)
            ON CONFLICT (gateway_id, kind) DO UPDATE SET number = excluded.number, taken_at = excluded.taken_at, ended_at = NULL
            WHERE report_position.number < excluded.number OR report_position.ended_at IS NOT NULL
            """,
            new { report.GatewayId, report.Kind, report.Number, now = StoredTime.Now(time) },
            transaction) > 0;

    /// <summary>Like <see cref="TakeAsync"/>, but only while the gateway's lease runs.</summary>
    internal async Task<bool> TakeWithinLeaseAsync(DbConnection connection, DbTransaction transaction, ReportNumber report) =>
        await connection.ExecuteAsync(
            """
            UPDATE report_position SET number = @Number, taken_at = @now
            WHERE gateway_id = @GatewayId AND kind = @Kind AND number < @Number AND ended_at IS NULL
            """,
            new { report.GatewayId, report.Kind, report.Number, now = StoredTime.Now(time) },
            transaction) > 0;

    /// <summary>Whether the report, or a later one, was taken before.</summary>
    internal static async Task<bool> IsTakenAsync(DbConnection connection, DbTransaction transaction, ReportNumber report) =>
        await connection.ExecuteScalarAsync<long?>(
            "SELECT number FROM report_position WHERE gateway_id = @GatewayId AND kind = @Kind",
            new { report.GatewayId, report.Kind },
            transaction) >= report.Number;

    /// <summary>Ends a gateway's lease. Until the transaction ends, session reports of this gateway wait for the row.</summary>
    internal Task EndLeaseAsync(DbConnection connection, DbTransaction transaction, string gatewayId) => connection.ExecuteAsync(
        "UPDATE report_position SET ended_at = @now WHERE gateway_id = @gatewayId AND kind = @Sessions AND ended_at IS NULL",
        new { gatewayId, ReportKind.Sessions, now = StoredTime.Now(time) },
        transaction);

    /// <summary>The gateways whose lease runs, as far as storage knows.</summary>
    public Task<string[]> LeasedGatewaysAsync(CancellationToken cancellation = default) => database.ReadAsync(
        async connection => (await connection.QueryAsync<string>(
            "SELECT gateway_id FROM report_position WHERE kind = @Sessions AND ended_at IS NULL",
            new { ReportKind.Sessions })).ToArray(),
        cancellation);

    /// <summary>Deletes what gateways left behind that have reported nothing since then. A lease that runs stays.</summary>
    public Task SweepAsync(DateTimeOffset reportedBefore, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            "DELETE FROM report_position WHERE taken_at < @before AND (kind <> @Sessions OR ended_at < @before)",
            new { before = reportedBefore.ToStored(), ReportKind.Sessions },
            transaction),
        cancellation);
}
