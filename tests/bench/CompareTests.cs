using NotifyHub.Bench;
using NotifyHub.Bench.Compare;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class CompareTests
{
    [Fact]
    public void A_table_gives_every_server_a_column_and_ratios_to_the_baseline_and_the_floor()
    {
        var load = new Load("l", []);
        var section = new Section(
            "Title", [new Row("µs", [load], r => r[0].Connect.ServerCpuMicrosPerConnection, AgainstFloor: true)]);
        var to = new StringWriter();
        Table.Write(
            section, ["floor", "naive", "gone"], "naive",
            (server, _) => server switch { "floor" => Result(5), "naive" => Result(20), _ => null }, to);
        Assert.StartsWith("\n### Title\n\n| | floor | naive | gone |\n", Squeeze(to.ToString()), StringComparison.Ordinal);
        Assert.Contains("| µs | 5.00 (0.25 ×) | 20.0 | – |", Squeeze(to.ToString()), StringComparison.Ordinal);
        Assert.Contains("| … against the floor | 1.00 × | 4.00 × | – |", Squeeze(to.ToString()), StringComparison.Ordinal);
        Assert.Contains(
            "| order errors, gaps, repeats, altered | 0, 3, 0, 0 | 0, 3, 0, 0 | – |",
            Squeeze(to.ToString()), StringComparison.Ordinal);
        Assert.Contains("| closed by the server | 1013: 2 | 1013: 2 | – |", Squeeze(to.ToString()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5_432_100d, "5.43 M")]
    [InlineData(12_345.6, "12,346")]
    [InlineData(12.345, "12.3")]
    [InlineData(0.0449, "0.04")]
    [InlineData(0d, "0")]
    [InlineData(null, "–")]
    public void Numbers_keep_what_matters(double? value, string shown) => Assert.Equal(shown, Table.Show(value));

    [Theory]
    [InlineData("fanout", 1)]
    [InlineData("table", 7)]
    [InlineData("telemetry", 2)]
    public void Every_load_of_a_mode_is_one_that_the_generator_understands(string mode, int sections)
    {
        var all = Modes.Sections(CompareOptions.Parse([mode]));
        Assert.Equal(sections, all.Count);
        var loads = all.SelectMany(s => s.Loads).ToList();
        Assert.Equal(loads.Count, loads.DistinctBy(l => l.Name).Count());
        foreach (var load in loads) Assert.NotNull(BenchOptions.Parse(load.Options));
    }

    [Fact]
    public void What_follows_two_dashes_goes_to_the_generator()
    {
        var options = CompareOptions.Parse(
            ["steady", "--servers", "floor,notifyhub", "--server-cpus", "any", "--", "--size", "512"]);
        Assert.Equal(["floor", "notifyhub"], options.Servers);
        Assert.Equal("floor", options.Baseline);
        Assert.Equal("", options.ServerCpus);
        Assert.Equal(["--size", "512"], options.Generator);
    }

    [Theory]
    [InlineData("fast", "fast: no such mode; see --help")]
    [InlineData("fanout --servers floor,nats", "nats: no such server")]
    [InlineData("fanout --servers floor --baseline naive", "--baseline naive: not among the servers")]
    [InlineData("fanout --duration 0", "--duration 0: expected 1 to 3600")]
    [InlineData("fanout --duration", "--duration: a value is missing")]
    [InlineData("fanout --quick 1", "--quick: no such option; see --help")]
    public void A_wrong_command_is_refused_with_the_reason(string command, string reason) =>
        Assert.Equal(reason, Assert.Throws<FormatException>(() => CompareOptions.Parse(command.Split(' '))).Message);

    private static Report Result(double micros) => Report.FromJson(new Report
    {
        Command = "",
        Connect = new ConnectReport(1, 0, 1, 1, micros, 0, 0, 0),
        Errors = new ErrorReport(0, 1, 2, 0, 0, 0, 0, new Dictionary<string, int>()),
        Disconnects = new Dictionary<int, int> { [1013] = 2 },
        Generator = new GeneratorReport(0, 0, 0),
    }.ToJson());

    private static string Squeeze(string text) => System.Text.RegularExpressions.Regex.Replace(text, " +", " ");
}
