using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Audit;

/// <summary>
/// Failed logins on their way into the audit log, where those of one account and network are one entry per minute. The
/// number of entries per minute and silo is bounded: failures beyond it are one more entry, without account and network.
/// </summary>
public sealed partial class FailedLogins(Database database, TimeProvider time, ILogger<FailedLogins> logger) : BackgroundService
{
    /// <summary>Stands for an account that does not exist: what was typed may be a password.</summary>
    public const string Nobody = "-";

    public const int MaxPerMinute = 100;

    private const int MaxWaiting = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<(string Who, string Network)> _ofThisMinute = [];
    private Dictionary<(DateTimeOffset Minute, string Who, string Network), long> _waiting = [];
    private DateTimeOffset _minute;
    private bool _isFailing;

    public void Note(string who, string network)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var minute = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
            if (minute != _minute)
            {
                _minute = minute;
                _ofThisMinute.Clear();
            }

            if (!_ofThisMinute.Contains((who, network)))
            {
                // While nothing can be written, the entries of many minutes wait.
                if (_ofThisMinute.Count < MaxPerMinute && _waiting.Count < MaxWaiting) _ofThisMinute.Add((who, network));
                else (who, network) = (Nobody, "");
            }

            var key = (minute, who, network);
            _waiting[key] = _waiting.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>Writes what waits; what cannot be written waits on.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        Dictionary<(DateTimeOffset Minute, string Who, string Network), long> taken;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            (taken, _waiting) = (_waiting, []);
        }

        try
        {
            await AddAsync(taken, cancellation);
            _isFailing = false;
        }
        catch (Exception failure) when (failure is StorageUnavailableException or OperationCanceledException)
        {
            if (!_isFailing && failure is not OperationCanceledException) LogWaiting(failure.Message);
            _isFailing = true;
            lock (_lock)
            {
                foreach (var (key, times) in taken) _waiting[key] = _waiting.GetValueOrDefault(key) + times;
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await WriteAsync(stoppingToken);
    }

    /// <summary>Adds them to what their minute has already, of whichever silo.</summary>
    private Task<int> AddAsync(
        Dictionary<(DateTimeOffset Minute, string Who, string Network), long> failures, CancellationToken cancellation) =>
        database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                $"""
                INSERT INTO audit (at, who, act, target, address, outcome, times)
                VALUES (@At, @Who, '{AuditGrain.FailedLogin}', '/api/auth/login', @Network, 'refused', @Times)
                ON CONFLICT (at, who, address) WHERE act = '{AuditGrain.FailedLogin}'
                    DO UPDATE SET times = audit.times + excluded.times
                """,
                // In one order, so that two silos never wait for each other in a circle.
                failures.OrderBy(one => one.Key).Select(one => new
                {
                    At = one.Key.Minute.ToStored(),
                    one.Key.Who,
                    one.Key.Network,
                    Times = one.Value,
                }),
                transaction),
            cancellation);

    [LoggerMessage(301, LogLevel.Warning, "Failed logins could not be written to the audit log yet: {Error}")]
    private partial void LogWaiting(string error);
}
