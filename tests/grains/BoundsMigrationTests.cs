using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Usage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteBoundsMigrationTests() : BoundsMigrationTests(null);

public sealed class PostgresBoundsMigrationTests(PostgresServer server) : BoundsMigrationTests(server);

/// <summary>A database without bounds: its sessions get their networks, and records of unknown callers become sums.</summary>
public abstract class BoundsMigrationTests(PostgresServer? server) : StoreTest(server)
{
    [Fact]
    public async Task What_was_stored_before_is_carried_over()
    {
        var minute = new DateTimeOffset(2026, 3, 10, 11, 59, 0, TimeSpan.Zero);
        var at = minute.ToUnixTimeMilliseconds();
        await ExecuteAsync(
            """
            DROP INDEX session_by_network;
            ALTER TABLE session DROP COLUMN network;
            DROP TABLE api_anonymous;
            DELETE FROM migration WHERE name = '0011_bounds';
            INSERT INTO session
                (connection_id, gateway_id, ip_address, user_agent, protocol, status, day, connected_at, disconnected_at)
            VALUES
                ('a', 'gw', '192.0.2.7', '', '', 'disconnected', '2026-03-10', 1, 2),
                ('b', 'gw', '', '', '', 'connected', '2026-03-10', 1, NULL);
            """);
        foreach (var (who, method, status, address) in new[]
        {
            ("-", "GET", 401, "192.0.2.66"), ("-", "GET", 401, "192.0.2.66"), ("-", "GET", 404, "192.0.2.66"),
            ("-", "POST", 200, "192.0.2.1"), ("ann@example.com", "GET", 401, "192.0.2.1"),
            ("billing", "GET", 200, "192.0.2.1"),
        })
        {
            await ExecuteAsync(
                $"""
                INSERT INTO api_request (at, who, method, path, route, status, duration_us, address, user_agent)
                VALUES ({at + 1_500}, '{who}', '{method}', '/api/keys', '/api/keys', {status}, 1000, '{address}', '')
                """);
        }

        await Database.MigrateAsync(Cancellation);

        Assert.Equal(["", "192.0.2.7"], await ReadAsync("SELECT network FROM session ORDER BY network"));
        var usage = new UsageGrain(Database, Positions, Settings, Clock);
        var (one, two) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2));
        Assert.Equal(
            [
                new AnonymousRequests(minute, "192.0.2.66", "GET", "/api/keys", 404, 1, one, one),
                new AnonymousRequests(minute, "192.0.2.66", "GET", "/api/keys", 401, 2, two, one),
            ],
            (await usage.AnonymousAsync(1, 10)).Sums);
        Assert.Equal(["-", "ann@example.com", "billing"], await ReadAsync("SELECT who FROM api_request ORDER BY id"));
    }

    private Task<int> ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, transaction: transaction), Cancellation);

    private async Task<string[]> ReadAsync(string sql) =>
        [.. await Database.ReadAsync(connection => connection.QueryAsync<string>(sql), Cancellation)];
}
