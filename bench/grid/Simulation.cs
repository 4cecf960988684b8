using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Orleans.Configuration;

namespace NotifyHub.Bench.Grid;

/// <summary>
/// The load of many gateways on the grid. They are simulated in this process, each with its own connection, against one real silo
/// with PostgreSQL. Reports CPU time and bytes per kind of request.
/// </summary>
internal sealed class Simulation(int gateways, int clients, TimeSpan phase, TextWriter output) : IAsyncDisposable
{
    private const int PayloadBytes = 128;
    private const int SteadyRate = 20;
    private const int InFlight = 16;

    private readonly LocalCluster _cluster = new()
    {
        // As by default: metrics would cost time too.
        SiloCount = 1, GatewayCount = 0, Settings = [("MetricsPort", "-1")], Database = new PostgresServer { IsDurable = true },
    };
    private readonly List<SimulatedGateway> _gateways = [];
    private IHost? _publisher;

    private IBroadcastGrain Channel =>
        _publisher!.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));

    private int Port => int.Parse(_cluster.SiloAddresses[0].Split(':')[1], CultureInfo.InvariantCulture);

    public async Task<int> RunAsync()
    {
        await _cluster.InitializeAsync();
        await JoinAsync();
        var idle = await IdleAsync();
        await SteadyAsync(idle);
        await FastAsync();
        await SessionsAsync();
        Write("duties of gateways that failed", $"{_gateways.Sum(gateway => gateway.Faults)}");
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_gateways.Select(gateway => gateway.DisposeAsync().AsTask()));
        if (_publisher is not null) await _publisher.StopAsync();
        _publisher?.Dispose();
        await _cluster.DisposeAsync();
    }

    private async Task JoinAsync()
    {
        var silo = new IPEndPoint(IPAddress.Loopback, Port);
        var clock = Stopwatch.StartNew();
        while (_gateways.Count < gateways) _gateways.Add(await SimulatedGateway.JoinAsync([silo]));
        output.WriteLine();
        output.WriteLine($"| {gateways} gateways, 1 silo | |");
        output.WriteLine("| --- | --: |");
        Write("gateways join, one after the other", $"{clock.Elapsed.TotalSeconds:0.0} s");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client.UseStaticClustering(silo).Configure<ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (ClusterIdentity.ClusterId, ClusterIdentity.ServiceId)));
        _publisher = builder.Build();
        await _publisher.StartAsync();
        // JIT compilation belongs to no phase.
        for (var i = 0; i < 500; i++) await PublishAsync();
        await Task.Delay(phase / 3);
    }

    /// <summary>Leases and registrations only. Returns their cost per second.</summary>
    private async Task<Usage> IdleAsync()
    {
        var used = await MeasureAsync(() => Task.Delay(phase));
        var second = used / phase.TotalSeconds;
        Write("nothing published: silo's CPU", $"{second.Silo:P1} of a core");
        Write("database's CPU", $"{second.Database:P1} of a core");
        Write("a gateway: silo's CPU per second", $"{second.Silo / gateways * 1e6:0} µs");
        Write(
            "a gateway: to the silo / from it per second",
            $"{second.Received / gateways:0} / {second.Sent / gateways:0} bytes");
        return second;
    }

    private async Task SteadyAsync(Usage idle)
    {
        Forget();
        var published = (int)(SteadyRate * phase.TotalSeconds);
        var used = await MeasureAsync(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / SteadyRate));
            for (var i = 0; i < published; i++)
            {
                await timer.WaitForNextTickAsync();
                await PublishAsync();
            }

            await ReceivedAsync(published);
        });
        var each = (used - (idle * phase.TotalSeconds)) / published;
        var latency = Latency();
        Write(
            $"{SteadyRate} broadcasts of {PayloadBytes} bytes per second: silo's CPU per broadcast", $"{each.Silo * 1e6:0} µs");
        Write("of it a gateway", $"{each.Silo / gateways * 1e6:0.0} µs");
        Write("bytes from the silo a broadcast and gateway", $"{each.Sent / gateways:0}");
        Write("bytes to the silo a broadcast and gateway", $"{each.Received / gateways:0}");
        Write("from the publish to all gateways, p50 / p99",
            $"{latency.Quantile(0.5) / 1000.0:0.0} / {latency.Quantile(0.99) / 1000.0:0.0} ms");
    }

    /// <summary>As fast as acknowledged; waiting messages go to a gateway in one call.</summary>
    private async Task FastAsync()
    {
        Forget();
        var published = 0;
        var clock = Stopwatch.StartNew();
        var used = await MeasureAsync(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, InFlight).Select(async _ =>
            {
                while (clock.Elapsed < phase)
                {
                    await PublishAsync();
                    Interlocked.Increment(ref published);
                }
            }));
            await ReceivedAsync(published);
        });
        var batches = _gateways.Sum(gateway => gateway.Batches) / (double)gateways;
        Write($"as fast as acknowledged, {InFlight} in flight: broadcasts per second",
            $"{published / clock.Elapsed.TotalSeconds:N0}");
        Write("messages handed to gateways per second", $"{published / clock.Elapsed.TotalSeconds * gateways:N0}");
        Write("messages a call", $"{published / batches:0.0}");
        Write("silo's CPU a message and gateway", $"{used.Silo / published / gateways * 1e6:0.0} µs");
        Write("bytes from the silo a message and gateway", $"{used.Sent / published / gateways:0}");
        Write("silo's CPU", $"{used.Silo / clock.Elapsed.TotalSeconds:P0} of a core");
    }

    private async Task SessionsAsync()
    {
        var each = clients / gateways;
        var all = (double)each * gateways;
        var before = await DatabaseBytesAsync();
        await WriteStormAsync("come", all, gateway => gateway.OpenAsync(each));
        Write("bytes in the database a session", $"{(await DatabaseBytesAsync() - before) / all:0}");
        var stats = _publisher!.Services.GetRequiredService<IGrainFactory>().GetGrain<IStatsGrain>(GrainKeys.Only);
        var clock = Stopwatch.StartNew();
        await stats.StatsAsync();
        Write($"stats with {all:N0} sessions", $"{clock.Elapsed.TotalMilliseconds:0} ms");
        clock.Restart();
        await stats.ConnectionsAsync(new SessionQuery(null, 1, 50));
        Write("the first page of connections", $"{clock.Elapsed.TotalMilliseconds:0} ms");
        await WriteStormAsync("leave", all, gateway => gateway.CloseAllAsync());

        // The largest message there is: a gateway that lost its lease reports all of its clients at once.
        await _gateways[0].OpenAsync(clients);
        clock.Restart();
        var used = await MeasureAsync(() => _gateways[0].ReportAllAsync());
        Write($"a gateway with {clients:N0} clients reports all of them again",
            $"{clock.Elapsed.TotalSeconds:0.0} s, {used.Received / 1048576:0.0} MiB");
    }

    private async Task WriteStormAsync(string what, double all, Func<SimulatedGateway, Task> storm)
    {
        var clock = Stopwatch.StartNew();
        var used = await MeasureAsync(() => Task.WhenAll(_gateways.Select(storm)));
        Write($"{all:N0} clients {what} at once: reported after",
            $"{clock.Elapsed.TotalSeconds:0.0} s, {all / clock.Elapsed.TotalSeconds:N0} per second");
        Write("silo's CPU a session", $"{used.Silo / all * 1e6:0.0} µs");
        Write("database's CPU a session", $"{used.Database / all * 1e6:0.0} µs");
        Write("bytes to the silo a session", $"{used.Received / all:0}");
    }

    private async Task PublishAsync() =>
        await Channel.PublishAsync(new PublishBatch([Draft.Push(SimulatedGateway.Payload(PayloadBytes))]));

    private Task ReceivedAsync(long published) => Until.TrueAsync(
        () => _gateways.TrueForAll(gateway => gateway.Received >= published),
        () => $"{_gateways.Min(gateway => gateway.Received)} of {published}",
        what: "every gateway has every message");

    private void Forget() => _gateways.ForEach(gateway => gateway.Forget());

    private Histogram Latency()
    {
        var sum = new Histogram();
        foreach (var gateway in _gateways) sum.Add(gateway.Latency);
        return sum;
    }

    private async Task<long> DatabaseBytesAsync()
    {
        await using var connection = new NpgsqlConnection(_cluster.Storage);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_total_relation_size('session')", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<Usage> MeasureAsync(Func<Task> work)
    {
        var before = await UsageAsync();
        await work();
        return await UsageAsync() - before;
    }

    private async Task<Usage> UsageAsync()
    {
        var (sent, received) = await Traffic(Port);
        return new Usage(ServerUsage.Read([_cluster.Silos[0].Pid]).CpuSeconds, DatabaseCpu(_cluster.Database.Pid), sent,
            received);
    }

    /// <summary>The server process and one per connection.</summary>
    private static double DatabaseCpu(int parent)
    {
        double sum = 0;
        var processes = Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _));
        foreach (var folder in processes)
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var owner = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
                if (Path.GetFileName(folder) == $"{parent}" || owner == $"{parent}") sum += ServerUsage.Cpu(stat);
            }
            catch (IOException)
            {
                // A process that has ended meanwhile.
            }
        }

        return sum;
    }

    /// <summary>Bytes that the silo has sent to gateways and received from them.</summary>
    private static async Task<(double Sent, double Received)> Traffic(int port)
    {
        var start = new ProcessStartInfo("ss", ["-tinH", "sport", "=", $":{port}"]) { RedirectStandardOutput = true };
        using var ss = Process.Start(start)!;
        var words = (await ss.StandardOutput.ReadToEndAsync()).Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
        await ss.WaitForExitAsync();
        return (Sum("bytes_sent:"), Sum("bytes_received:"));

        double Sum(string name) => words.Where(word => word.StartsWith(name, StringComparison.Ordinal))
            .Sum(word => double.Parse(word.AsSpan(name.Length), CultureInfo.InvariantCulture));
    }

    private void Write(string what, FormattableString value) =>
        output.WriteLine($"| {what} | {value.ToString(CultureInfo.InvariantCulture)} |");

    /// <param name="Silo">CPU seconds.</param>
    /// <param name="Database">Seconds of CPU.</param>
    /// <param name="Sent">Bytes from the silo.</param>
    /// <param name="Received">Bytes to the silo.</param>
    private readonly record struct Usage(double Silo, double Database, double Sent, double Received)
    {
        public static Usage operator -(Usage one, Usage other) =>
            new(one.Silo - other.Silo, one.Database - other.Database, one.Sent - other.Sent, one.Received - other.Received);

        public static Usage operator *(Usage one, double times) =>
            new(one.Silo * times, one.Database * times, one.Sent * times, one.Received * times);

        public static Usage operator /(Usage one, double parts) => one * (1 / parts);
    }
}
