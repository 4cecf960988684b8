using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using NotifyHub.UnitTests.Api;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class DeliveryReporterTests : IAsyncLifetime
{
    private readonly FakeGrid _grid = new();
    private readonly GatewayNode _node = new();
    private readonly DeliveryCounts _counts = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly DeliveryCounts.Buffer _sender;
    private readonly DeliveryReporter _reporter;

    public DeliveryReporterTests()
    {
        _counts.Begin("e");
        _sender = _counts.Join();
        _sender.Begin("e");
        _reporter = new DeliveryReporter(_grid.Factory(), _node, _counts, _clock, NullLogger<DeliveryReporter>.Instance);
    }

    public async ValueTask InitializeAsync() => await _reporter.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _reporter.StopAsync(CancellationToken.None);
        _reporter.Dispose();
    }

    [Fact]
    public async Task Deliveries_are_reported_once_per_second_and_once()
    {
        Send(0, 5);
        Send(0, 5);
        await ReportedAsync(1);
        Send(5, 7);
        await ReportedAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(
            [(_node.Id, 1, "e", new DeliveredRange(1, 5, 2)), (_node.Id, 2, "e", new DeliveredRange(6, 7, 1))],
            _grid.Deliveries.Select(report => (report.GatewayId, report.Sequence, report.Epoch, Assert.Single(report.Ranges))));
    }

    [Fact]
    public async Task An_unanswered_report_is_resent_unchanged_before_newer_deliveries()
    {
        _grid.DeliveryFault = new StorageUnavailableException();
        Send(0, 5);
        await ReportedAsync(1);
        Send(0, 9);
        await ReportedAsync(3);
        _grid.DeliveryFault = null;
        await Until.TrueAsync(Tick(() => _grid.Deliveries[^1].Sequence == 2));

        Assert.All(_grid.Deliveries.SkipLast(1), report =>
            Assert.Equal((1, new DeliveredRange(1, 5, 1)), (report.Sequence, Assert.Single(report.Ranges))));
        Assert.Equal(new DeliveredRange(1, 9, 1), Assert.Single(_grid.Deliveries[^1].Ranges));
    }

    [Fact]
    public async Task What_the_grid_refuses_holds_up_nothing()
    {
        _grid.DeliveryFault = new InvalidOperationException("Not understood.");
        Send(0, 5);
        await ReportedAsync(1);
        _grid.DeliveryFault = null;
        Send(5, 6);
        await ReportedAsync(2);

        Assert.Equal([1L, 2L], _grid.Deliveries.Select(report => report.Sequence));
    }

    [Fact]
    public async Task Deliveries_during_a_report_wait_for_the_next_one()
    {
        var offset = 0;
        _grid.OnDeliveries = () =>
        {
            if (offset < 100) Send(offset, ++offset);
        };
        Send(offset, ++offset);
        await ReportedAsync(1);
        Assert.Single(_grid.Deliveries);
        await ReportedAsync(2);

        Assert.Equal(new DeliveredRange(2, 2, 1), Assert.Single(_grid.Deliveries[^1].Ranges));
    }

    [Fact]
    public async Task Many_deliveries_are_reported_in_bounded_reports()
    {
        for (var offset = 0; offset < 2_000; offset += 2) Send(offset, offset + 1);
        await ReportedAsync(2);

        Assert.Equal(
            [DeliveryReporter.MaxRanges, 1_000 - DeliveryReporter.MaxRanges],
            _grid.Deliveries.Select(report => report.Ranges.Length));
    }

    [Fact]
    public async Task The_last_deliveries_are_reported_at_the_end()
    {
        Send(0, 5);
        await _reporter.StopAsync(CancellationToken.None);

        Assert.Equal(new DeliveredRange(1, 5, 1), Assert.Single(Assert.Single(_grid.Deliveries).Ranges));
    }

    private void Send(long after, long upto)
    {
        _sender.Add(after, upto);
        _sender.Flush();
    }

    private Task ReportedAsync(int reports) => Until.TrueAsync(Tick(() => _grid.Deliveries.Count >= reports));

    private Func<bool> Tick(Func<bool> condition) => () =>
    {
        if (condition()) return true;
        _clock.Advance(TimeSpan.FromSeconds(1));
        return false;
    };
}
