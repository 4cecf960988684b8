using System.Diagnostics;
using System.Globalization;
using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.Bench.Grid;

/// <summary>The cost of an idle grid of 2 silos and 2 gateways, and the latency of one publish in it.</summary>
internal static class IdleGrid
{
    public static async Task<int> RunAsync(TimeSpan rest, int publishes)
    {
        await using var cluster = new LocalCluster
        {
            // As by default: metrics would cost time too.
            Settings = [("MetricsPort", "-1")], Database = new PostgresServer { IsDurable = true },
        };
        await cluster.InitializeAsync();
        await MeasureLatencyAsync(cluster, publishes);
        await cluster.HealAsync();
        var processes = cluster.Silos.Select((silo, number) => ($"silo {number + 1}", silo))
            .Concat(cluster.Gateways.Select((gateway, number) => ($"gateway {number + 1}", gateway))).ToList();
        var before = processes.ConvertAll(process => ServerUsage.Read([process.Item2.Pid]));
        await Task.Delay(rest);
        Console.WriteLine();
        Console.WriteLine($"| idle for {rest.TotalSeconds} s | CPU of one core | resident |");
        Console.WriteLine("| --- | --: | --: |");
        foreach (var ((name, process), usage) in processes.Zip(before))
        {
            var now = ServerUsage.Read([process.Pid]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {(now.CpuSeconds - usage.CpuSeconds) / rest.TotalSeconds:P1} "
                + $"| {now.ResidentBytes / 1048576.0:0} MiB |"));
        }

        return 0;
    }

    /// <summary>One publish after the other, each started after the acknowledgement of the previous one.</summary>
    private static async Task MeasureLatencyAsync(LocalCluster cluster, int publishes)
    {
        var gateway = cluster.Gateways[0];
        using var rest = await cluster.LogInAsync(gateway);
        Console.WriteLine();
        Console.WriteLine("| publish, 128 bytes, one at a time | p50 | p99 | max |");
        Console.WriteLine("| --- | --: | --: | --: |");
        var json = $$"""{"text":"{{new string('x', 117)}}"}""";
        await MeasureAsync("POST /api/push", async () => (await rest.PostAsync("/api/push", json)).Status == HttpStatusCode.OK);
        // Connected only now, because an idle push connection is closed.
        using var push = await gateway.ConnectPushAsync();
        await MeasureAsync("a line on 8081", async () => await push.PushAsync(json) == "ok");

        async Task MeasureAsync(string name, Func<Task<bool>> publish)
        {
            var times = new Histogram();
            // The first tenth is JIT compilation.
            for (var number = -publishes / 10; number < publishes; number++)
            {
                var begun = Stopwatch.GetTimestamp();
                if (!await publish()) throw new InvalidOperationException($"{name} was not acknowledged.");
                if (number >= 0) times.Record((long)Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {times.Quantile(0.5) / 1000.0:0.00} ms | {times.Quantile(0.99) / 1000.0:0.00} ms "
                + $"| {times.Max / 1000.0:0.0} ms |"));
        }
    }
}
