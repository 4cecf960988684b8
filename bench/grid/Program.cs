using System.Globalization;
using NotifyHub.Bench.Grid;

const string Help = """
    bench-grid simulate [--gateways 100] [--clients 100000] [--seconds 15]   load of many gateways on one silo
    bench-grid failover [--runs 10] [--only NAME]                            time to recover from each failure
    bench-grid idle [--seconds 15] [--publishes 2000]                        CPU and memory of an idle grid; publish latency
    """;

try
{
    var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0],
        pair => pair.ElementAtOrDefault(1) ?? throw new FormatException($"{pair[0]} needs a value."));
    int Number(string name, int fallback) => options.Remove($"--{name}", out var value)
        ? int.Parse(value, CultureInfo.InvariantCulture) : fallback;
    Func<Task<int>>? run = args.FirstOrDefault() switch
    {
        "simulate" => Simulate(Number("gateways", 100), Number("clients", 100_000), TimeSpan.FromSeconds(Number("seconds", 15))),
        "failover" => Fail(Number("runs", 10), options.Remove("--only", out var only) ? only : null),
        "idle" => Idle(TimeSpan.FromSeconds(Number("seconds", 15)), Number("publishes", 2_000)),
        _ => null,
    };
    if (run is null || options.Count > 0)
    {
        Console.WriteLine(Help);
        return args is ["--help" or "-h"] ? 0 : 2;
    }

    Console.WriteLine(
        $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores; "
        + $"load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}; "
        + "PostgreSQL with fsync.");
    return await run();
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Help);
    return 2;
}

static Func<Task<int>> Simulate(int gateways, int clients, TimeSpan phase) => async () =>
{
    await using var simulation = new Simulation(gateways, clients, phase, Console.Out);
    return await simulation.RunAsync();
};
static Func<Task<int>> Fail(int runs, string? only) => () => Failover.RunAsync(runs, only);
static Func<Task<int>> Idle(TimeSpan rest, int publishes) => () => IdleGrid.RunAsync(rest, publishes);
