using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>The gateway's one way of publishing, to the public channel and to all others.</summary>
public sealed class Publisher(
    IGrainFactory grains,
    ChannelLogs logs,
    ChannelDrafts drafts,
    GatewayMetrics metrics,
    TimeProvider time)
{
    /// <summary>Publishes to one log. Returns once it is durable; fails as <see cref="IBroadcastGrain.PublishAsync"/>
    /// does.</summary>
    /// <param name="batch">What is published. All of it goes to the log of its first draft.</param>
    /// <param name="source">One of <see cref="PublishSource"/>.</param>
    public async Task<PublishResult> PublishAsync(PublishBatch batch, string source)
    {
        var begun = time.GetTimestamp();
        try
        {
            var log = drafts.LogOf(batch.Drafts[0]);
            var result = await logs.Grain(log).PublishAsync(batch with { Known = logs.PositionOf(log) });
            metrics.Published(source, result.Repeated ? 0 : batch.Drafts.Length, time.GetElapsedTime(begun));
            return result;
        }
        // What the caller did wrong is no failure of ours.
        catch (Exception failure) when (failure
            is not (NotStorableException or IdempotencyConflictException or ChannelRateException))
        {
            var error = failure switch
            {
                ChannelBusyException => "busy",
                StorageBrokenException => "storage_broken",
                StorageUnavailableException => "storage_unavailable",
                TimeoutException => "timeout",
                OrleansException => "unreachable",
                _ => "internal",
            };
            metrics.PublishFailed(source, error, time.GetElapsedTime(begun));
            throw;
        }
    }

    /// <summary>
    /// Publishes to any channels: one call per log, side by side. Answers the offset of each message, null where nothing is
    /// stored. When a log fails, others may have stored their part: a retry with the same key stores the rest, each once.
    /// </summary>
    /// <param name="batch">What is published, for any number of logs.</param>
    /// <param name="source">One of <see cref="PublishSource"/>.</param>
    /// <exception cref="IdempotencyConflictException">The key was used for another request; nothing was stored.</exception>
    /// <exception cref="ChannelRateException">A channel has had as many publishes as it may have in a second.</exception>
    /// <exception cref="NotStorableException">Something of it can never be stored.</exception>
    public async Task<long?[]> PublishToChannelsAsync(PublishBatch batch, string source)
    {
        RefuseOverLimit(batch.Drafts);
        var offsets = new long?[batch.Drafts.Length];
        var parts = new Dictionary<(int Log, bool IsStored), List<int>>();
        for (var index = 0; index < batch.Drafts.Length; index++)
        {
            var part = drafts.PartOf(batch.Drafts[index]);
            if (!parts.TryGetValue(part, out var indices)) parts.Add(part, indices = []);
            indices.Add(index);
        }

        // Before any log has a part of it: a key that comes back with another body changes nothing.
        if (batch is { IdempotencyKey: { } key, RequestHash: { } hash })
            await grains.GetGrain<IPublishKeyGrain>(GrainKeys.Only).ClaimAsync(key, hash);
        await Task.WhenAll(parts.Select(part => PublishPartAsync(batch, part.Value, part.Key.IsStored, offsets, source)));
        return offsets;
    }

    private async Task PublishPartAsync(
        PublishBatch batch, List<int> indices, bool isStored, long?[] offsets, string source)
    {
        var part = batch with { Drafts = [.. indices.Select(index => batch.Drafts[index])] };
        // Nothing is stored of what has no retention, so there is nothing to find under a key either.
        if (!isStored)
        {
            await PublishAsync(part with { IdempotencyKey = null, RequestHash = null }, source);
            return;
        }

        var result = await PublishAsync(part, source);
        // The options have changed since the first request: what it stored is not what this one asks for.
        if (result.Count != indices.Count) throw new IdempotencyConflictException();
        for (var place = 0; place < indices.Count; place++) offsets[indices[place]] = result.FirstOffset + place;
    }

    /// <summary>A call that alone has more for a channel than a second may have is refused before any log has a part of
    /// it.</summary>
    private static void RefuseOverLimit(Draft[] drafts)
    {
        Dictionary<string, int>? counts = null;
        foreach (var draft in drafts)
        {
            if (draft.Target is not { MaxPerSecond: { } max, Channel: var channel }) continue;
            counts ??= new(StringComparer.Ordinal);
            counts[channel] = counts.GetValueOrDefault(channel) + 1;
            if (counts[channel] > max) throw new ChannelRateException(channel, retryAfter: null);
        }
    }
}
