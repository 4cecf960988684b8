using System.Globalization;
using NotifyHub.Bench.Grid;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class SimulationTests
{
    [Fact]
    public async Task Simulated_gateways_load_a_real_silo_and_report_every_figure()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        await using (var simulation = new Simulation(gateways: 3, clients: 300, TimeSpan.FromSeconds(1), output))
            Assert.Equal(0, await simulation.RunAsync());

        var figures = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Skip(2)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToArray();
        Assert.All(figures, figure => Assert.NotEmpty(figure[2]));
        Assert.Equal("0", figures.Single(figure => figure[1] == "duties of gateways that failed")[2]);
        // Each message has about 130 bytes and goes to each gateway once.
        var bytes = double.Parse(
            figures.Single(figure => figure[1] == "bytes from the silo a message and gateway")[2], CultureInfo.InvariantCulture);
        Assert.InRange(bytes, 128, 1024);
    }
}
