namespace NotifyHub.Bench.Compare;

/// <summary>The loads of each mode and the tables made from them.</summary>
internal static class Modes
{
    private const int SteadyDeliveries = 20_000;
    private const int ColdRounds = 3;
    private const int SlowBytes = 16 << 10, SlowBacklog = 1 << 20;

    public static readonly string[] Names = ["fanout", "steady", "idle", "slow", "publish", "table", "telemetry"];

    public static IReadOnlyList<Section> Sections(CompareOptions options) => options.Mode switch
    {
        "fanout" => [Fanout(options.Connections ?? 1000, options.Duration)],
        "steady" => [Steady(options.Connections ?? 1000, options.Duration)],
        "idle" => [Idle(options.Connections ?? 10_000)],
        "slow" => [Slow(options.Connections ?? 5000, options.Duration)],
        "publish" => [Publish(options.Connections ?? 100, options.Duration)],
        "telemetry" => Telemetry(options.Connections ?? 1000, options.Duration, options.Rounds),
        _ =>
        [
            Fanout(1000, options.Duration), Fanout(10_000, options.Duration), Steady(1000, options.Duration),
            Steady(10_000, options.Duration),
            Idle(10_000), Slow(5000, options.Duration), Publish(100, options.Duration),
        ],
    };

    /// <summary>
    /// Two processes of the same program differ by more than a few percent from one minute to the next. So both servers stay
    /// alive, are measured alternately many times, and the medians are compared. The first rounds warm up the JIT compiler.
    /// </summary>
    private static IReadOnlyList<Section> Telemetry(int connections, double duration, int rounds)
    {
        var all = Enumerable.Range(1, rounds + ColdRounds).ToArray();
        Load[] steady = [.. all.Select(round => Kept(SteadyLoad($"telemetry-steady-{round}", connections, duration)))];
        Load[] fanout = [.. all.Select(round => Kept(FanoutLoad($"telemetry-fanout-{round}", connections, duration)))];
        return
        [
            new Section(
                $"{SteadyDeliveries:N0} deliveries per second, {connections:N0} clients, {rounds} rounds in turn: "
                + "all telemetry exported against none",
                Quartiles("server CPU per delivery, µs", steady, report => report.Deliver?.ServerCpuMicrosPerDelivery)),
            new Section(
                $"As fast as acknowledged, {connections:N0} clients, {rounds} rounds in turn: "
                + "all telemetry exported against none",
                [
                    .. Quartiles("server CPU a thousand deliveries, µs", fanout,
                        report => 1e9 / report.Deliver?.PerServerCpuSecond),
                    .. Quartiles("acknowledged per second", fanout, report => report.Publish?.AcknowledgedPerSecond),
                    new("server memory at most, MiB", fanout, r => Mib(r[^1].Deliver?.ServerPeak)),
                ]),
        ];
    }

    private static Load Kept(Load load) => load with { Options = [.. load.Options, "--warmup", "1"], Group = "telemetry" };

    private static Row[] Quartiles(string title, IReadOnlyList<Load> loads, Func<Report, double?> value)
    {
        return [Quartile("median", 0.5), Quartile("lower quartile", 0.25), Quartile("upper quartile", 0.75)];

        Row Quartile(string name, double at) =>
            new($"{title}: {name}", loads, r => Quantile([.. r.Skip(ColdRounds).Select(value).Order()], at));
    }

    private static double? Quantile(double?[] ordered, double at) => ordered[(int)Math.Round(at * (ordered.Length - 1))];

    private static Load FanoutLoad(string name, int connections, double duration)
    {
        // A million deliveries are in flight; a slow server must finish all of them before the drain ends.
        var pipeline = Math.Clamp(1_000_000 / connections, 10, 1000);
        return new Load(name, [.. Basics(connections, duration), "--rate", "max", "--pipeline", $"{pipeline}", "--drain", "60"]);
    }

    private static Section Fanout(int connections, double duration)
    {
        Load[] load = [FanoutLoad($"fanout-{connections}", connections, duration)];
        return new Section($"As fast as acknowledged, {connections:N0} clients",
        [
            new("deliveries per second of server CPU", load, r => r[0].Deliver?.PerServerCpuSecond),
            new("deliveries per second", load, r => r[0].Deliver?.PerSecond),
            new("acknowledged per second", load, r => r[0].Publish?.AcknowledgedPerSecond),
            new("server CPU, %", load, r => r[0].Deliver?.ServerCpuPercent, Ratio: false),
            new("generator CPU, %", load, r => r[0].Generator.CpuPercent, Ratio: false),
            new("server memory at most, MiB", load, r => Mib(r[0].Deliver?.ServerPeak)),
        ]);
    }

    private static Load SteadyLoad(string name, int connections, double duration) =>
        new(name, [.. Basics(connections, duration), "--rate", $"{(double)SteadyDeliveries / connections}"]);

    private static Section Steady(int connections, double duration)
    {
        Load[] load = [SteadyLoad($"steady-{connections}", connections, duration)];
        return new Section($"{SteadyDeliveries:N0} deliveries per second in all, {connections:N0} clients",
        [
            new("server CPU per delivery, µs", load, r => r[0].Deliver?.ServerCpuMicrosPerDelivery, AgainstFloor: true),
            new("latency, all clients, p50, ms", load, r => Ms(r[0].Deliver?.Latency.P50)),
            new("latency, all clients, p99, ms", load, r => Ms(r[0].Deliver?.Latency.P99)),
            new("latency, last client, p50, ms", load, r => Ms(r[0].Deliver?.LastClientLatency.P50)),
            new("latency, last client, p99, ms", load, r => Ms(r[0].Deliver?.LastClientLatency.P99)),
            new("until acknowledged, p50, ms", load, r => Ms(r[0].Publish?.Latency.P50)),
        ]);
    }

    /// <summary>
    /// Runs twice on the same server. The first run shows the memory, when all of it is new. Both show the cost of a connect: the
    /// first clients of a new process pay for JIT compilation.
    /// </summary>
    private static Section Idle(int connections)
    {
        string[] options = ["--connections", $"{connections}", "--idle", "--duration", "5"];
        Load first = new($"idle-{connections}", options, Group: $"idle-{connections}");
        var again = first with { Name = $"idle-{connections}-again" };
        return new Section($"{connections:N0} idle connections",
        [
            new("bytes per connection", [first], r => r[0].Connect.ServerBytesPerConnection),
            new("server CPU while idle, %", [first], r => r[0].Idle?.ServerCpuPercent, Ratio: false),
            new("connects per second, to a new process", [first], r => r[0].Connect.PerSecond),
            new("server CPU per connect, µs", [first], r => r[0].Connect.ServerCpuMicrosPerConnection),
            new("connects per second, when all have left and come back", [again], r => r[0].Connect.PerSecond),
            new("server CPU per connect, µs", [again], r => r[0].Connect.ServerCpuMicrosPerConnection),
        ]);
    }

    /// <summary>
    /// Both runs have the same number of readers. The messages are large and the backlog is small, so that a client that does not
    /// read reaches the limit within the run, behind some MB in the kernel buffers.
    /// </summary>
    private static Section Slow(int connections, double duration)
    {
        string[] basics = ["--rate", "10", "--size", $"{SlowBytes}", "--duration", $"{duration * 3}", "--warmup", "3"];
        var without = new Load("slow-without", ["--connections", $"{connections - (connections / 20)}", .. basics], SlowBacklog);
        var with = new Load("slow-with", ["--connections", $"{connections}", "--slow", "5", .. basics], SlowBacklog);
        return new Section($"5 % of {connections:N0} clients do not read; 10 messages of 16 KiB per second, backlog 1 MiB",
        [
            new("readers' latency, p99, ms", [with], r => Ms(r[0].Deliver?.Latency.P99)),
            new("the same without slow clients, ms", [without], r => Ms(r[0].Deliver?.Latency.P99)),
            new("rise, %", [with, without], r => ((double?)r[0].Deliver?.Latency.P99 / r[1].Deliver?.Latency.P99 - 1) * 100,
                Ratio: false),
            new("slow clients", [with], r => r[0].Connect.Slow, Ratio: false),
            new("slow clients cut off", [with], r => r[0].Deliver?.SlowCutOff, Ratio: false),
            new("server memory at most, MiB", [with], r => Mib(r[0].Deliver?.ServerPeak)),
            new("the same without slow clients, MiB", [without], r => Mib(r[0].Deliver?.ServerPeak)),
        ]);
    }

    private static Section Publish(int connections, double duration)
    {
        string[] basics = [.. Basics(connections, duration), "--rate", "max"];
        string[] rest =
        [
            .. basics, "--batch", "250", "--in-flight", "16", "--email", "admin@notifyhub.com", "--password", "admin123",
            "--publisher",
        ];
        Load[] tcp = [new("publish-tcp", [.. basics, "--pipeline", "8000"])];
        Load[] push = [new("publish-rest", [.. rest, "rest"], NeedsRest: true)];
        Load[] notifications = [new("publish-notifications", [.. rest, "notifications"], NeedsRest: true)];
        return new Section($"Publishing as fast as acknowledged, {connections:N0} clients",
        [
            new("TCP, 8,000 lines in flight: acknowledged per second", tcp, r => r[0].Publish?.AcknowledgedPerSecond),
            new("until acknowledged, p99, ms", tcp, r => Ms(r[0].Publish?.Latency.P99)),
            new("server CPU, %", tcp, r => r[0].Deliver?.ServerCpuPercent, Ratio: false),
            new("generator CPU, %", tcp, r => r[0].Generator.CpuPercent, Ratio: false),
            new("POST /api/push, 16 × 250: acknowledged per second", push, r => r[0].Publish?.AcknowledgedPerSecond),
            new("until acknowledged, p99, ms", push, r => Ms(r[0].Publish?.Latency.P99)),
            new(
                "POST …/windows/batch, 16 × 250: acknowledged per second",
                notifications,
                r => r[0].Publish?.AcknowledgedPerSecond),
            new("until acknowledged, p99, ms", notifications, r => Ms(r[0].Publish?.Latency.P99)),
            new("generator CPU, %", notifications, r => r[0].Generator.CpuPercent, Ratio: false),
        ]);
    }

    // A warm-up of five seconds: by then the JIT compiler has finished its second pass.
    private static string[] Basics(int connections, double duration) =>
        ["--connections", $"{connections}", "--duration", $"{duration}", "--warmup", "5"];

    private static double? Ms(long? micros) => micros / 1000.0;

    private static double? Mib(long? bytes) => bytes / 1048576.0;
}
