using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>Reports once per second which requests the API answered.</summary>
internal sealed class UsageReporter(
    IGrainFactory grains, GatewayNode node, UsageLog log, TimeProvider time, ILogger<UsageReporter> logger)
    : Reporter<ApiRequestBatch>("API requests", TimeSpan.FromSeconds(1), time, logger)
{
    private const int MaxRequests = 500;

    private readonly TimeProvider _time = time;

    protected override ApiRequestBatch? Next(long number)
    {
        var (requests, anonymous) = log.Take(MaxRequests);
        return requests.Length + anonymous.Length == 0 ? null : new ApiRequestBatch(node.Id, number, requests, anonymous);
    }

    protected override Task SendAsync(ApiRequestBatch report, CancellationToken cancellation) =>
        grains.GetGrain<IUsageGrain>(GrainKeys.Only).RecordAsync(report).WaitAsync(GridCall.Timeout, _time, cancellation);

    protected override bool HasMore(ApiRequestBatch report) => report.Requests.Length == MaxRequests;

    protected override long Count(ApiRequestBatch report) =>
        report.Requests.Length + report.Anonymous.Sum(sum => sum.Requests);

    protected override long CountWaiting() => log.Count;

    protected override long TakeDropped() => log.TakeDropped();
}
