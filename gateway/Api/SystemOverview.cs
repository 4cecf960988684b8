using System.Globalization;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// What the console's first page shows: the whole grid and its last five minutes. It answers also when the grid does not: then
/// nothing flows, the rest is what was known before, and the health says so.
/// </summary>
internal sealed partial class SystemOverview(
    IGrainFactory grains, GatewayNode node, IOptions<GatewayOptions> options, TimeProvider time, ILogger<SystemOverview> logger)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private volatile GridOverview _lastKnown = new(new GridStatus(0, 0, null, [], null), 0, []);

    public async Task<OverviewView> ReadAsync(Func<Text, string> words, CancellationToken cancellation)
    {
        var reached = await TryReadAsync(cancellation);
        var grid = reached ?? _lastKnown;
        var newest = reached?.Points is [.., var last] ? last : null;
        var zone = options.Value.Zone();
        return new OverviewView(
            Utc(time.GetUtcNow()),
            new ConnectionCounts(grid.Status.ActiveConnections, grid.Status.TotalConnections, grid.ErrorConnections),
            new Rates(newest?.PublishesPerSecond ?? 0, newest?.DeliveriesPerSecond ?? 0),
            newest is { P50Ms: { } p50, P99Ms: { } p99 } ? new Latency(p50, p99) : null,
            Health.Of(node, reached?.Status, grid.Status, words),
            [.. grid.Status.Nodes.Select(one => NodeView.Of(one, zone))],
            [.. grid.Points.Select(point => new SeriesPoint(
                Utc(point.At),
                point.Connections,
                point.PublishesPerSecond,
                point.DeliveriesPerSecond,
                point.P50Ms,
                point.P99Ms))]);
    }

    private async Task<GridOverview?> TryReadAsync(CancellationToken cancellation)
    {
        try
        {
            return _lastKnown = await grains.GetGrain<IStatsGrain>(GrainKeys.Only).OverviewAsync()
                .WaitAsync(Timeout, time, cancellation);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogUnreachable(failure.GetType().Name, failure.Message);
            return null;
        }
    }

    private static string Utc(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [LoggerMessage(7301, LogLevel.Warning,
        "The overview was answered without the grid, which could not be reached: {Kind}: {Error}")]
    private partial void LogUnreachable(string kind, string error);
}
