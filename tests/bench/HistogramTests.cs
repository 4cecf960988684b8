using NotifyHub.Bench;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class HistogramTests
{
    [Fact]
    public void Every_value_is_in_its_bucket_and_no_bucket_is_wider_than_1_6_percent()
    {
        var previous = -1;
        for (long value = 0; value < 1L << 35; value += 1 + (value / 1000))
        {
            var bucket = Histogram.BucketOf(value);
            Assert.InRange(bucket, previous, int.MaxValue);
            Assert.InRange(Histogram.HighestOf(bucket), value, (long)(value * 1.016));
            if (bucket > 0) Assert.True(Histogram.HighestOf(bucket - 1) < value, $"{value} belongs below bucket {bucket}");
            previous = bucket;
        }
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new Histogram();
        for (var value = 1; value <= 100; value++) histogram.Record(value);
        Assert.Equal(
            (100, 50, 90, 99, 100),
            (histogram.Count, histogram.Quantile(0.5), histogram.Quantile(0.9), histogram.Quantile(0.99), histogram.Max));
        Assert.Equal(50.5, histogram.Mean);
    }

    [Fact]
    public void No_quantile_exceeds_the_largest_value()
    {
        var histogram = new Histogram();
        histogram.Record(1_000_001);
        Assert.Equal(1_000_001, histogram.Quantile(0.999));
    }

    [Fact]
    public void Two_histograms_add_up()
    {
        Histogram one = new(), other = new();
        one.Record(10);
        other.Record(20);
        other.Record(1L << 50);
        one.Add(other);
        Assert.Equal((3, 20, 1L << 50), (one.Count, one.Quantile(0.6), one.Max));
    }

    [Fact]
    public void An_empty_histogram_answers_zero() => Assert.Equal(0, new Histogram().Quantile(0.5));
}
