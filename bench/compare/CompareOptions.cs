using System.Globalization;

namespace NotifyHub.Bench.Compare;

/// <summary>The servers to compare and where they run.</summary>
internal sealed record CompareOptions
{
    public const string Help = """
        usage: scripts/bench-compare MODE [options] [-- options of the generator, after those of the mode]

        modes
          fanout     publish as fast as acknowledged: deliveries per second of server CPU
          steady     20,000 deliveries/s in all, one message at a time: µs per delivery, latency
          idle       memory per connection, connects per second, CPU per connect
          slow       5 % of the clients do not read: the others' latency, evictions, memory
          publish    100 clients, publish as fast as acknowledged over TCP and in batches over REST
          table      all of these, at 1,000 and 10,000 clients
          telemetry  steady and fanout with all telemetry exported, against none: both servers alive, in turn, and the medians

          --servers A,B,…      of floor, naive, signalr, notifyhub      all of them
                               and bun (uWebSockets inside), which needs npm
          --baseline NAME      what ratios refer to                     naive, or the first server
          --connections N      instead of the mode's own
          --duration S         seconds that are measured                10 (slow: three times as many)
          --rounds N           of telemetry                             15
          --server-cpus LIST   cores of server and database; "any": not pinned    0
          --bench-cpus LIST    cores of the generator; "any": not pinned          1
          --postgres           NotifyHub on a temporary PostgreSQL server
          --out FOLDER         a JSON result and a log for each server and load   artifacts/bench

        NotifyHub stores every message before it acknowledges: in SQLite in a new temporary folder, with --postgres, or where
        the environment's NotifyHub__Storage says. The others store nothing. The table, as Markdown, is all that goes to
        standard output. On a machine with one core nothing is pinned.
        Exit code 0: every client of every server got every message once, in order. 1: otherwise (the table shows where), or a run
        failed. 2: wrong options.
        """;

    public string Mode { get; private set; } = "";

    public IReadOnlyList<string> Servers { get; private set; } = Server.Names;

    public string Baseline { get; private set; } = "";

    public int? Connections { get; private set; }

    public double Duration { get; private set; } = 10;

    public int Rounds { get; private set; } = 15;

    /// <summary>In the format of <c>taskset</c>; empty for no pinning.</summary>
    public string ServerCpus { get; private set; } = Environment.ProcessorCount > 1 ? "0" : "";

    public string BenchCpus { get; private set; } = Environment.ProcessorCount > 1 ? "1" : "";

    public bool Postgres { get; private set; }

    public string Out { get; private set; } = "artifacts/bench";

    public IReadOnlyList<string> Generator { get; private set; } = [];

    /// <exception cref="FormatException">The message for the user.</exception>
    public static CompareOptions Parse(IReadOnlyList<string> args)
    {
        if (args.Count == 0) throw new FormatException(Help);
        var options = new CompareOptions { Mode = args[0] };
        if (!Modes.Names.Contains(options.Mode)) throw new FormatException($"{options.Mode}: no such mode; see --help");
        for (var i = 1; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                options.Generator = [.. args.Skip(i + 1)];
                break;
            }
            if (args[i] == "--postgres") options.Postgres = true;
            else options.Set(args[i],
                i + 1 < args.Count ? args[++i] : throw new FormatException($"{args[i]}: a value is missing"));
        }
        if (options.Mode == "telemetry") (options.Servers, options.Baseline) = (["notifyhub", Server.Telemetry], "notifyhub");
        var unknown = options.Servers.FirstOrDefault(s => !Server.Names.Contains(s) && s is not (Server.Telemetry or Server.Bun));
        if (unknown is not null) throw new FormatException($"{unknown}: no such server");
        if (options.Baseline.Length == 0) options.Baseline = options.Servers.Contains("naive") ? "naive" : options.Servers[0];
        if (!options.Servers.Contains(options.Baseline))
            throw new FormatException($"--baseline {options.Baseline}: not among the servers");
        return options;
    }

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "--servers": Servers = value.Split(','); break;
            case "--baseline": Baseline = value; break;
            case "--connections": Connections = (int)Number(name, value, 1_000_000); break;
            case "--duration": Duration = Number(name, value, 3600); break;
            case "--rounds": Rounds = (int)Number(name, value, 1000); break;
            case "--server-cpus": ServerCpus = value == "any" ? "" : value; break;
            case "--bench-cpus": BenchCpus = value == "any" ? "" : value; break;
            case "--out": Out = value; break;
            default: throw new FormatException($"{name}: no such option; see --help");
        }
    }

    private static double Number(string name, string value, double max) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max
            ? number
            : throw new FormatException($"{name} {value}: expected 1 to {max}");
}
