using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The log of API requests. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IUsageGrain")]
public interface IUsageGrain : IGrainWithIntegerKey
{
    /// <summary>Stores a batch, once: a gateway may send it again until it is answered.</summary>
    [Alias("RecordAsync"), AnySilo]
    Task RecordAsync(ApiRequestBatch batch);

    /// <summary>One page, newest first.</summary>
    [Alias("RequestsAsync"), AnySilo, ReadOnly]
    Task<ApiRequestPage> RequestsAsync(ApiRequestQuery query);

    /// <summary>One page of what callers without a login asked for, newest first.</summary>
    [Alias("AnonymousAsync"), AnySilo, ReadOnly]
    Task<AnonymousPage> AnonymousAsync(int page, int limit);

    /// <summary>The last days, today included, of the whole grid.</summary>
    [Alias("SummaryAsync"), AnySilo, ReadOnly]
    Task<UsageSummary> SummaryAsync(int days);
}

/// <summary>One answered request.</summary>
/// <param name="At">UTC of its arrival.</param>
/// <param name="Who">An e-mail address, the name of an API key, or "-".</param>
/// <param name="Path">Without the query, which may hold secrets.</param>
/// <param name="Route">The endpoint's template; "-" when there is no such endpoint.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequest")]
public sealed record ApiRequest(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Who,
    [property: Id(2)] string Method,
    [property: Id(3)] string Path,
    [property: Id(4)] string Route,
    [property: Id(5)] int Status,
    [property: Id(6)] TimeSpan Duration,
    [property: Id(7)] string Address,
    [property: Id(8)] string UserAgent);

/// <summary>Requests of callers who did not log in, added up: anybody can make any number of them.</summary>
/// <param name="Minute">UTC of its beginning.</param>
/// <param name="Address">Where they came from; "*": from more addresses, or for more, than a minute lists one by one.</param>
/// <param name="Duration">Of all of them.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AnonymousRequests")]
public sealed record AnonymousRequests(
    [property: Id(0)] DateTimeOffset Minute,
    [property: Id(1)] string Address,
    [property: Id(2)] string Method,
    [property: Id(3)] string Route,
    [property: Id(4)] int Status,
    [property: Id(5)] long Requests,
    [property: Id(6)] TimeSpan Duration,
    [property: Id(7)] TimeSpan Longest);

/// <param name="Total">How many sums there are.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AnonymousPage")]
public sealed record AnonymousPage(
    [property: Id(0)] AnonymousRequests[] Sums,
    [property: Id(1)] long Total);

/// <param name="Sequence">Counts a gateway's batches; one that is not above the last one stored is a repetition.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestBatch")]
public sealed record ApiRequestBatch(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ApiRequest[] Requests,
    [property: Id(3)] AnonymousRequests[] Anonymous);

/// <summary>What is null does not matter.</summary>
/// <param name="From">The first moment that belongs to it.</param>
/// <param name="To">The first moment that does not.</param>
/// <param name="Path">What the path begins with.</param>
/// <param name="LowestStatus">Of the HTTP status.</param>
/// <param name="HighestStatus">Of the HTTP status.</param>
/// <param name="Search">Part of path, caller, address or user agent, without regard to (ASCII) case.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestQuery")]
public sealed record ApiRequestQuery(
    [property: Id(0)] DateTimeOffset? From,
    [property: Id(1)] DateTimeOffset? To,
    [property: Id(2)] string? Method,
    [property: Id(3)] string? Path,
    [property: Id(4)] int? LowestStatus,
    [property: Id(5)] int? HighestStatus,
    [property: Id(6)] string? Who,
    [property: Id(7)] string? Search,
    [property: Id(8)] int Page,
    [property: Id(9)] int Limit);

[GenerateSerializer, Immutable, Alias("NotifyHub.StoredRequest")]
public sealed record StoredRequest(
    [property: Id(0)] long Id,
    [property: Id(1)] ApiRequest Request);

/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestPage")]
public sealed record ApiRequestPage(
    [property: Id(0)] StoredRequest[] Requests,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);

/// <param name="Days">The oldest first, without a gap.</param>
/// <param name="Endpoints">Those asked most first.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UsageSummary")]
public sealed record UsageSummary(
    [property: Id(0)] UsageDay[] Days,
    [property: Id(1)] UsageEndpoint[] Endpoints);

/// <param name="Date">yyyy-MM-dd in the server's time zone.</param>
/// <param name="Errors">Answered with a status of 400 or more.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UsageDay")]
public sealed record UsageDay(
    [property: Id(0)] string Date,
    [property: Id(1)] long Requests,
    [property: Id(2)] long Errors,
    [property: Id(3)] TimeSpan Average);

[GenerateSerializer, Immutable, Alias("NotifyHub.UsageEndpoint")]
public sealed record UsageEndpoint(
    [property: Id(0)] string Method,
    [property: Id(1)] string Route,
    [property: Id(2)] long Requests,
    [property: Id(3)] long Errors,
    [property: Id(4)] TimeSpan Average,
    [property: Id(5)] TimeSpan Longest);
