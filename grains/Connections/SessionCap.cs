using Dapper;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Connections;

/// <summary>
/// Bounds the stored sessions that have ended. A network that opens thousands loses its own: the networks with the most
/// sessions lose their oldest first; only when none has more than a hundredth of the bound is the oldest of all deleted. Totals
/// are counters and stay.
/// </summary>
public sealed class SessionCap(Database database, IOptions<SiloOptions> options)
{
    private const int Batch = 1_000;

    /// <summary>Part of the bound that makes a network a heavy one.</summary>
    private const int HeavyPart = 100;

    /// <summary>Part of the bound that is deleted beyond need, so that the networks are counted rarely.</summary>
    private const int SparePart = 50;

    private readonly long _max = options.Value.SessionRows;

    /// <summary>Deletes the sessions beyond the bound, in small batches. Returns their number.</summary>
    public async Task<long> ApplyAsync(CancellationToken cancellation = default)
    {
        var ended = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>(
                "SELECT CAST(coalesce(sum(ended - swept), 0) AS bigint) FROM session_day"),
            cancellation);
        if (ended <= _max) return 0;

        var left = ended - _max + _max / SparePart;
        var heavy = await HeavyAsync(cancellation);
        long deleted = 0;
        while (left > 0)
        {
            var size = (int)Math.Min(left, Batch);
            var rows = heavy.TryDequeue(out var network, out var negated)
                ? await DeleteAsync("network = @network AND disconnected_at IS NOT NULL ORDER BY id", network, size, cancellation)
                : await DeleteAsync("disconnected_at IS NOT NULL ORDER BY disconnected_at", null, size, cancellation);
            if (network is not null && rows > 0 && -negated - rows > _max / HeavyPart) heavy.Enqueue(network, negated + rows);
            // Another silo was faster.
            if (network is null && rows == 0) break;
            (left, deleted) = (left - rows, deleted + rows);
        }

        return deleted;
    }

    /// <summary>The largest network first: a queue gives out what is smallest, hence the negated counts.</summary>
    private Task<PriorityQueue<string, long>> HeavyAsync(CancellationToken cancellation) => database.ReadAsync(
        async connection =>
        {
            var counts = await connection.QueryAsync<(string Network, long Sessions)>(
                """
                SELECT network, count(*) FROM session WHERE disconnected_at IS NOT NULL GROUP BY network HAVING count(*) > @floor
                """,
                new { floor = _max / HeavyPart });
            return new PriorityQueue<string, long>(counts.Select(count => (count.Network, -count.Sessions)));
        },
        cancellation);

    private Task<int> DeleteAsync(
        string oldest, string? network, int size, CancellationToken cancellation) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            $"DELETE FROM session WHERE id IN (SELECT id FROM session WHERE {oldest} LIMIT @size)",
            new { network, size },
            transaction),
        cancellation);
}
