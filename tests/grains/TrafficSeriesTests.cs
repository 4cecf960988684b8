using Microsoft.Extensions.Time.Testing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Service;

namespace NotifyHub.GrainTests;

public sealed class TrafficSeriesTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TrafficSeries _series;

    public TrafficSeriesTests() => _series = new TrafficSeries(_clock);

    [Fact]
    public void A_point_is_what_all_gateways_did_since_the_last_one()
    {
        long[] fast = [0, 0, 10], slow = [0, 0, 10, 0, 1];
        Report(("a", new(100, 1_000, fast)), ("b", new(100, 50, [])));
        Report(("a", new(150, 1_400, fast)), ("b", new(148, 150, [.. slow.Select(count => count * 9)])));

        var point = _series.Points[^1];
        Assert.Equal((10.0, 100.0), (point.PublishesPerSecond, point.DeliveriesPerSecond));
        // 90 batches within 3 µs, 9 within 5 µs: all of them gateway b's.
        Assert.Equal((0.003, 0.005), (point.P50Ms, point.P99Ms));
        Assert.Equal((14L, _clock.GetUtcNow()), (point.Connections, point.At));
    }

    [Fact]
    public void A_gateway_counts_from_its_first_report_also_when_it_reports_between_two_points()
    {
        Report(("a", new(10, 0, [])));
        _series.Begin("b", new(10, 7_000, [5]));
        Report(("a", new(10, 0, [])), ("b", new(10, 7_005, [5])));

        var newest = _series.Points[^1];
        Assert.Equal((0.0, 1.0, null), (newest.PublishesPerSecond, newest.DeliveriesPerSecond, newest.P50Ms));
    }

    [Fact]
    public void A_returning_gateway_adds_no_spike_and_a_new_log_no_negative_rate()
    {
        Report(("a", new(10, 100, [])), ("b", new(10, 100, [])));
        Report(("a", new(10, 100, [])));
        Report(("a", new(3, 100, [])), ("b", new(3, 9_000, [])));
        Report(("a", new(8, 100, [])), ("b", new(8, 9_000, [])));

        Assert.Equal([0, 0, 0, 1], _series.Points.Select(point => point.PublishesPerSecond));
        Assert.Equal([0, 0, 0, 0], _series.Points.Select(point => point.DeliveriesPerSecond));
    }

    [Fact]
    public void A_late_point_is_divided_by_the_time_that_it_took()
    {
        Report(("a", new(0, 0, [])));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Report(("a", new(100, 200, [])));

        Assert.Equal((10, 20), (_series.Points[^1].PublishesPerSecond, _series.Points[^1].DeliveriesPerSecond));
    }

    [Fact]
    public void Five_minutes_are_kept()
    {
        for (var i = 0; i < 75; i++) Report();

        Assert.Equal(60, _series.Points.Length);
        Assert.Equal(_clock.GetUtcNow(), _series.Points[^1].At);
        Assert.Equal(_clock.GetUtcNow() - TimeSpan.FromSeconds(59 * 5), _series.Points[0].At);
    }

    /// <summary>Five seconds, at the end of which these gateways have reported, with 7 clients each.</summary>
    private void Report(params (string Id, Traffic Traffic)[] gateways)
    {
        _clock.Advance(TrafficSeries.Interval);
        foreach (var (id, traffic) in gateways) _series.Begin(id, traffic);
        _series.Add([.. gateways.Select(gateway => new NodeStatus(
            new NodeReport(gateway.Id, "gateway", "", 1, 0, 0, 7, default, gateway.Traffic), default))]);
    }
}
