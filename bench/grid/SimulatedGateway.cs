using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NotifyHub.GrainInterfaces;
using Orleans.Configuration;

namespace NotifyHub.Bench.Grid;

/// <summary>
/// A gateway as the grid sees it, with its own connection to the silos and without sockets. It renews its registrations and its
/// lease, reports sessions and accepts batches as often as a real one.
/// </summary>
internal sealed class SimulatedGateway : IGatewayObserver, IAsyncDisposable
{
    /// <summary>As in <c>SessionReporter</c>.</summary>
    public const int MaxPerReport = 5_000;

    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(1);

    private readonly IHost _host;
    private readonly IGrainFactory _grains;
    private readonly IGatewayObserver _reference;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _reporting = new(1, 1);
    private readonly string _id = $"simulated-{Guid.NewGuid():N}";
    private Task _living = Task.CompletedTask;
    private long _sequence;
    private (string Epoch, long First, long Last)? _delivered;
    private long _deliveryReports;
    private int _clients;
    private int _faults;

    private SimulatedGateway(IHost host)
    {
        _host = host;
        _grains = host.Services.GetRequiredService<IGrainFactory>();
        _reference = _grains.CreateObjectReference<IGatewayObserver>(this);
    }

    /// <summary>Messages received.</summary>
    public long Received { get; private set; }

    /// <summary>Calls that delivered them.</summary>
    public long Batches { get; private set; }

    /// <summary>From before the publish until here, in microseconds.</summary>
    public Histogram Latency { get; private set; } = new();

    /// <summary>Periodic tasks that failed.</summary>
    public int Faults => _faults;

    public static async Task<SimulatedGateway> JoinAsync(IPEndPoint[] silos)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client.UseStaticClustering(silos).Configure<ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (ClusterIdentity.ClusterId, ClusterIdentity.ServiceId)));
        var host = builder.Build();
        await host.StartAsync();
        var gateway = new SimulatedGateway(host);
        await gateway.ReportAsync([], [], isComplete: true);
        await gateway.RenewAsync();
        gateway._living = gateway.LiveAsync();
        return gateway;
    }

    public void Forget() => (Received, Batches, Latency) = (0, 0, new());

    /// <summary>Adds clients at once; returns when all are reported.</summary>
    public async Task OpenAsync(int count)
    {
        foreach (var part in Enumerable.Range(_clients, count).Chunk(MaxPerReport))
            await ReportAsync([.. part.Select(Opened)], [], isComplete: false);
        _clients += count;
    }

    /// <summary>Removes all clients at once; returns when all are reported.</summary>
    public async Task CloseAllAsync()
    {
        foreach (var part in Enumerable.Range(0, _clients).Chunk(MaxPerReport))
            await ReportAsync([], [.. part.Select(Closed)], isComplete: false);
        _clients = 0;
    }

    /// <summary>Reports all clients again, as a gateway does after it lost its lease.</summary>
    public async Task ReportAllAsync()
    {
        var opened = Enumerable.Range(0, _clients).Select(Opened);
        var parts = opened.OrderBy(one => one.ConnectionId, StringComparer.Ordinal).Chunk(MaxPerReport).ToArray();
        for (var i = 0; i < parts.Length; i++)
        {
            await ReportAsync(
                parts[i], [], isComplete: true,
                i == 0 ? null : parts[i - 1][^1].ConnectionId, i == parts.Length - 1 ? null : parts[i][^1].ConnectionId);
        }
    }

    public Task DeliverAsync(MessageBatch batch)
    {
        Batches++;
        Received += batch.Messages.Length;
        var now = Stopwatch.GetTimestamp();
        foreach (var message in batch.Messages)
            Latency.Record((long)Stopwatch.GetElapsedTime(BegunAt(message.Payload), now).TotalMicroseconds);
        _delivered = (batch.Epoch, _delivered?.First ?? batch.Messages[0].Offset, batch.Messages[^1].Offset);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(ServiceState state) => Task.CompletedTask;

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) => Task.FromResult<LiveCounters[]>([]);

    public Task<bool> CloseAsync(string connectionId) => Task.FromResult(false);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _living;
        await _host.StopAsync();
        _host.Dispose();
        _stop.Dispose();
        _reporting.Dispose();
    }

    /// <summary>A message of this size that contains the start time of its publish.</summary>
    public static byte[] Payload(int bytes)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{{\"at\":{Stopwatch.GetTimestamp():D19},\"x\":\"");
        return Encoding.ASCII.GetBytes(start.PadRight(bytes - 2, 'x') + "\"}");
    }

    private static long BegunAt(byte[] payload) => long.Parse(payload.AsSpan(6, 19), CultureInfo.InvariantCulture);

    private async Task LiveAsync()
    {
        // Spread over time, as real gateways start at different times.
        await Task.Delay(Random.Shared.Next(1000), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var timer = new PeriodicTimer(RenewInterval);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.WhenAll(RenewAsync(), ReportAsync([], [], isComplete: false));
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                Interlocked.Increment(ref _faults);
            }

            await ((Task)timer.WaitForNextTickAsync(_stop.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RenewAsync()
    {
        await Task.WhenAll(
            ReportDeliveriesAsync(),
            _grains.GetGrain<IServiceGrain>(GrainKeys.Only).SubscribeAsync(_id, _reference),
            _grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel))
                .SubscribeAsync(_id, _reference, known: null),
            _grains.GetGrain<IStatsGrain>(GrainKeys.Only).SilosAsync());
    }

    private Task ReportDeliveriesAsync()
    {
        if (_delivered is not var (epoch, first, last)) return Task.CompletedTask;
        _delivered = null;
        return _grains.GetGrain<INotificationGrain>(GrainKeys.Only)
            .RecordDeliveriesAsync(new DeliveryReport(_id, ++_deliveryReports, epoch,
                [new DeliveredRange(first, last, Math.Max(1, _clients))]));
    }

    private async Task ReportAsync(
        SessionOpened[] opened, SessionClosed[] closed, bool isComplete, string? after = null, string? upTo = null)
    {
        await _reporting.WaitAsync();
        try
        {
            var node = new NodeReport(_id, "gateway", "127.0.0.1:8080", Environment.ProcessId, 1, 1, _clients,
                DateTimeOffset.UnixEpoch);
            await _grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(_id))
                .ReportAsync(new SessionReport(++_sequence, _reference, node, isComplete, opened, closed, 0, 0, after, upTo));
        }
        finally
        {
            _reporting.Release();
        }
    }

    private string ConnectionId(int client) => $"{_id[^8..]}-{client:x}";

    private SessionOpened Opened(int client) => new(
        ConnectionId(client), string.Create(CultureInfo.InvariantCulture, $"203.0.{(client >> 8) & 255}.{client & 255}"),
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
        "notifyhub.v1", DateTimeOffset.UtcNow);

    private SessionClosed Closed(int client) =>
        new(new LiveCounters(ConnectionId(client), 100, 3, 0, null, null), DateTimeOffset.UtcNow, Abnormal: false,
            "closed by client");
}
