using System.Diagnostics;
using System.Globalization;
using NotifyHub.TestKit;

namespace NotifyHub.Bench.Grid;

/// <summary>
/// Causes each failure repeatedly in a grid of 2 silos and 2 gateways with 8 resuming clients and a retrying publisher. Reports
/// the time until the first acknowledgement of a publish that began after the failure, and whether messages were lost.
/// </summary>
internal static class Failover
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A silo that has just returned is still receiving its share; losing the other one then would be two failures at once.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    /// <summary>The actions. Each returns the time of the failure.</summary>
    private static readonly (string Name, string What, Func<LocalCluster, Task<long>> Cause)[] Failures =
    [
        ("gateway", "the publisher's gateway is killed", async cluster =>
        {
            await cluster.Gateways[0].KillAsync();
            return Stopwatch.GetTimestamp();
        }),
        ("silo", "the silo that holds the channel is killed", async cluster =>
        {
            await (await cluster.ChannelSiloAsync()).KillAsync();
            return Stopwatch.GetTimestamp();
        }),
        ("both", "both of these at once", async cluster =>
        {
            var silo = await cluster.ChannelSiloAsync();
            await Task.WhenAll(cluster.Gateways[0].KillAsync(), silo.KillAsync());
            return Stopwatch.GetTimestamp();
        }),
        ("frozen", "the silo that holds the channel is frozen", async cluster =>
        {
            var silo = await cluster.ChannelSiloAsync();
            silo.Pause();
            // The run ends before the location would expire.
            return Stopwatch.GetTimestamp();
        }),
        ("all-silos", "all silos are killed and started again (from their start)", async cluster =>
        {
            await Task.WhenAll(cluster.Silos.Select(silo => silo.KillAsync()));
            var moment = Stopwatch.GetTimestamp();
            await Task.WhenAll(cluster.Silos.Select(silo => silo.StartAgainAsync()));
            return moment;
        }),
        ("database", "the database is away for 30 s (from its return)", async cluster =>
        {
            await cluster.Database.StopAsync();
            await Task.Delay(Outage);
            await cluster.Database.StartAsync();
            return Stopwatch.GetTimestamp();
        }),
        ("silo-leaves", "the silo that holds the channel is stopped (from the signal)", async cluster =>
        {
            var silo = await cluster.ChannelSiloAsync();
            var moment = Stopwatch.GetTimestamp();
            silo.Terminate();
            return moment;
        }),
        ("gateway-leaves", "the publisher's gateway is stopped (from the signal)", cluster =>
        {
            var moment = Stopwatch.GetTimestamp();
            cluster.Gateways[0].Terminate();
            return Task.FromResult(moment);
        }),
    ];

    /// <summary>Returns 0 if nothing was lost, repeated or altered.</summary>
    /// <param name="only">The name of one failure; null for all.</param>
    public static async Task<int> RunAsync(int runs, string? only)
    {
        var chosen = Failures.Where(failure => only is null || failure.Name == only).ToList();
        if (chosen.Count == 0)
            throw new FormatException(
                $"There is no failure '{only}'; there are {string.Join(", ", Failures.Select(failure => failure.Name))}.");
        await using var cluster = new LocalCluster { Database = new PostgresServer { IsDurable = true } };
        await cluster.InitializeAsync();
        Console.WriteLine($"Logs: {cluster.Logs}");
        var isWhole = true;
        List<string> table =
        [
            "| failure | runs | back after, p50 | max | acknowledged | delivered | lost | repeated | invented | retries |",
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
        ];
        foreach (var (name, what, cause) in chosen)
        {
            List<TimeSpan> times = [];
            var sum = new TrafficCount(0, 0, 0, 0, 0, 0, 0);
            for (var run = 0; run < runs; run++)
            {
                var (time, count) = await OnceAsync(cluster, cause);
                times.Add(time);
                sum = new(
                    sum.Acknowledged + count.Acknowledged, sum.Delivered + count.Delivered, sum.Lost + count.Lost,
                    sum.Repeated + count.Repeated,
                    sum.Invented + count.Invented, sum.Retries + count.Retries, sum.Faults + count.Faults);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{name} {run + 1}: {time.TotalSeconds:0.000} s, {count}"));
            }

            times.Sort();
            isWhole &= sum is { Lost: 0, Repeated: 0, Invented: 0, Faults: 0 };
            table.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"| {what} | {runs} | {times[(times.Count - 1) / 2].TotalSeconds:0.00} s "
                + $"| {times[^1].TotalSeconds:0.00} s | {sum.Acknowledged:N0} "
                + $"| {sum.Delivered:N0} | {sum.Lost} | {sum.Repeated} | {sum.Invented} | {sum.Retries:N0} |"));
        }

        Console.WriteLine();
        table.ForEach(Console.WriteLine);
        return isWhole ? 0 : 1;
    }

    private static async Task<(TimeSpan Back, TrafficCount Count)> OnceAsync(
        LocalCluster cluster, Func<LocalCluster, Task<long>> cause)
    {
        await cluster.HealAsync();
        await Task.Delay(Settling);
        await using var traffic = await Traffic.StartAsync(cluster);
        var moment = await cause(cluster);
        var back = await traffic.Publisher.FirstAfterAsync(moment);
        await traffic.Publisher.ContinueAsync(50);
        var count = await traffic.CountAsync();
        return (back, count);
    }
}
