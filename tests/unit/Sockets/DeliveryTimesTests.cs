using System.Diagnostics;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class DeliveryTimesTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly DeliveryTimes _times;
    private readonly DeliveryTimes.Progress _one;
    private readonly DeliveryTimes.Progress _two;

    public DeliveryTimesTests()
    {
        _times = new DeliveryTimes(Meters.Metrics(), _clock);
        (_one, _two) = (_times.Join(), _times.Join());
    }

    [Fact]
    public void A_batch_has_arrived_when_the_last_sender_is_past_it()
    {
        var acceptedAt = _clock.GetUtcNow();
        _times.Begin(10, acceptedAt);
        _times.Begin(12, acceptedAt);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _one.Report(12);
        Assert.Empty(_times.Counts());

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        _two.Report(11);
        Assert.Equal([(TimeSpan.FromMilliseconds(2), 1L)], Measured());

        _clock.Advance(TimeSpan.FromMilliseconds(6));
        _two.Report(12);
        Assert.Equal([(TimeSpan.FromMilliseconds(2), 1L), (TimeSpan.FromMilliseconds(8), 1L)], Measured());
    }

    [Fact]
    public void Reports_before_a_batch_begins_count_and_a_repeated_batch_counts_once()
    {
        _one.Report(5);
        _two.Report(5);
        _times.Begin(5, _clock.GetUtcNow());
        _times.Begin(5, _clock.GetUtcNow());
        _times.Begin(4, _clock.GetUtcNow());

        Assert.Equal([(TimeSpan.Zero, 1L)], Measured());
    }

    [Fact]
    public void A_clock_that_is_ahead_makes_no_negative_time()
    {
        _times.Begin(1, _clock.GetUtcNow().AddSeconds(3));
        _one.Report(1);
        _two.Report(1);

        Assert.Equal([(TimeSpan.Zero, 1L)], Measured());
    }

    [Fact]
    public void Pending_times_of_a_restarted_channel_are_dropped()
    {
        _times.Begin(100, _clock.GetUtcNow());
        _times.Forget();
        _times.Begin(1, _clock.GetUtcNow());
        _one.Report(1);
        _two.Report(1);

        Assert.Equal([(TimeSpan.Zero, 1L)], Measured());
    }

    [Fact]
    public void Past_the_bound_the_oldest_counts_with_the_time_that_it_has_waited()
    {
        _times.Begin(1, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromMilliseconds(8));
        for (var offset = 2; offset <= 4_097; offset++) _times.Begin(offset, _clock.GetUtcNow());

        Assert.Equal([(TimeSpan.FromMilliseconds(8), 1L)], Measured());
    }

    [Fact]
    public void Listeners_of_a_span_do_not_hold_up_others()
    {
        using var source = new ActivitySource(nameof(DeliveryTimesTests));
        var isFree = true;
        var stopped = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = each => each == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _ =>
            {
                stopped++;
                var other = new Thread(() => _times.Counts());
                other.Start();
                isFree &= other.Join(Until.Limit);
            },
        };
        ActivitySource.AddActivityListener(listener);

        _times.Begin(1, _clock.GetUtcNow(), source.StartActivity("arrives"));
        _times.Begin(1, _clock.GetUtcNow(), source.StartActivity("comes twice"));
        _one.Report(1);
        _two.Report(1);
        _times.Begin(2, _clock.GetUtcNow(), source.StartActivity("is forgotten"));
        _times.Forget();

        Assert.Equal((3, true), (stopped, isFree));
    }

    [Fact]
    public void A_quantile_is_never_too_low_and_an_eighth_too_high_at_most() =>
        Gen.Int[16, 1 << 29].Array[1, 50].Sample(micros =>
        {
            var counts = new long[LatencyBuckets.Count];
            foreach (var each in micros) counts[LatencyBuckets.Of(TimeSpan.FromMicroseconds(each))]++;
            var sorted = micros.Order().ToArray();
            foreach (var share in (double[])[0.01, 0.5, 0.99, 1])
            {
                var exact = sorted[Math.Max(1, (int)Math.Ceiling(share * sorted.Length)) - 1] / 1000.0;
                var quantile = LatencyBuckets.QuantileMs(counts, share)!.Value;
                Assert.InRange(quantile, exact, exact * 1.125 + 0.001);
            }
        });

    [Fact]
    public void Without_measurements_there_is_no_quantile_and_the_last_bucket_is_unbounded()
    {
        Assert.Null(LatencyBuckets.QuantileMs([], 0.5));
        Assert.Null(LatencyBuckets.QuantileMs([0, 0], 0.5));
        Assert.Equal(LatencyBuckets.Count - 1, LatencyBuckets.Of(TimeSpan.FromDays(365)));
        Assert.Equal(0, LatencyBuckets.Of(TimeSpan.FromSeconds(-1)));
        Assert.Equal(
            Enumerable.Range(0, 16),
            Enumerable.Range(0, 16).Select(micros => LatencyBuckets.Of(TimeSpan.FromMicroseconds(micros))));
    }

    private (TimeSpan Latency, long Count)[] Measured() =>
        [.. _times.Counts().Select((count, bucket) => (bucket, count)).Where(each => each.count > 0)
            .Select(each => (Candidates.First(latency => LatencyBuckets.Of(latency) == each.bucket), each.count))];

    private static readonly TimeSpan[] Candidates = [TimeSpan.Zero, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(8)];
}
