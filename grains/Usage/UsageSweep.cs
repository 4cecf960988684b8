using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Usage;

/// <summary>Deletes what is no longer retained of the log of API requests.</summary>
public sealed class UsageSweep(Database database, IOptions<SiloOptions> options)
{
    private const int BatchSize = 5_000;

    private readonly SiloOptions _options = options.Value;
    private readonly TimeZoneInfo _zone = options.Value.Zone();

    /// <summary>Returns how many records of requests were deleted.</summary>
    public async Task<long> RunAsync(DateTimeOffset now, CancellationToken cancellation = default)
    {
        var oldestDay = StoredDay.Of(now - _options.HistoryAge, _zone);
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                "DELETE FROM api_request_day WHERE day < @oldestDay", new { oldestDay }, transaction),
            cancellation);
        var before = (now - _options.UsageAge).ToStored();
        await DeleteAnonymousAsync(before, cancellation);
        return await BatchedDelete.RunAsync(
            database, "api_request", "id", "at < @before ORDER BY at", new { before }, BatchSize, cancellation);
    }

    /// <summary>Deletes sums of earlier minutes, and the oldest of those beyond the bound.</summary>
    private async Task DeleteAnonymousAsync(long earlierThan, CancellationToken cancellation)
    {
        var bound = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long?>(
                "SELECT minute FROM api_anonymous ORDER BY minute DESC LIMIT 1 OFFSET @AnonymousRows",
                new { _options.AnonymousRows }),
            cancellation);
        // Whole minutes: at the bound, those that share the minute of the first sum too many leave with it.
        var before = Math.Max(earlierThan, bound + 1 ?? 0);
        await BatchedDelete.RunAsync(
            database, "api_anonymous", "minute, address, method, route, status", "minute < @before ORDER BY minute",
            new { before }, BatchSize, cancellation);
    }
}
