using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Reports once per second to how many clients messages were sent here. While the silos are away the counts wait. Beyond
/// the bound of <see cref="DeliveryCounts"/> those of the oldest messages are dropped.</summary>
internal sealed class DeliveryReporter(
    IGrainFactory grains, GatewayNode node, DeliveryCounts counts, TimeProvider time, ILogger<DeliveryReporter> logger)
    : Reporter<DeliveryReport>("messages' delivery counts", TimeSpan.FromSeconds(1), time, logger)
{
    /// <summary>Rows per report: publishes may have to wait for the transaction that writes them.</summary>
    public const int MaxRanges = 512;

    private readonly TimeProvider _time = time;

    protected override DeliveryReport? Next(long number)
    {
        var (epoch, ranges) = counts.Take(MaxRanges);
        return ranges.Length == 0 ? null : new DeliveryReport(node.Id, number, epoch, ranges);
    }

    protected override Task SendAsync(DeliveryReport report, CancellationToken cancellation) =>
        grains.GetGrain<INotificationGrain>(GrainKeys.Only).RecordDeliveriesAsync(report)
            .WaitAsync(GridCall.Timeout, _time, cancellation);

    protected override bool HasMore(DeliveryReport report) => report.Ranges.Length == MaxRanges;

    protected override long Count(DeliveryReport report) => report.Ranges.Sum(range => range.Last - range.First + 1);

    protected override long TakeDropped() => counts.TakeDropped();
}
