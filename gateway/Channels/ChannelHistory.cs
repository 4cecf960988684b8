using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>Pages of what a channel retains, from the log, within the limit of its namespace.</summary>
public sealed class ChannelHistory(ChannelLogs logs, Namespaces namespaces)
{
    /// <summary>Answers the messages in ascending order, and whether there are more: older ones, or with a
    /// <see cref="HistoryRange.Since"/> newer ones.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached, or the gateway has not registered
    /// yet.</exception>
    public async Task<(IReadOnlyList<Message> Messages, bool HasMore)> ReadAsync(string channel, HistoryRange range)
    {
        if (channel == GrainKeys.PublicChannel) return await ReadPublicAsync(range);
        var options = namespaces.Of(channel);
        var grain = logs.GrainOf(channel);
        if (range.Since is { } since)
        {
            var after = new ChannelRange(channel, since, options.HistoryLimit, options.Retention);
            return await ReadSinceAsync(grain, after, range.Limit);
        }

        var page = await grain.ReadHistoryAsync(channel, range.Before, range.Limit, options.HistoryLimit);
        return (page.Messages, page.HasMore);
    }

    private static async Task<(IReadOnlyList<Message> Messages, bool HasMore)> ReadSinceAsync(
        IBroadcastGrain grain, ChannelRange range, int limit)
    {
        while (true)
        {
            // One more than asked for shows whether there are more.
            var found = await grain.ReadChannelsAsync([range], limit + 1);
            Message[] messages = [.. found.Messages.Where(message => message.Part?.Retracts is null)];
            if (messages.Length > limit) return (messages[..limit], true);
            var isAll = found.To >= found.Head || found.To <= range.After;
            if (messages.Length > 0 || isAll) return (messages, !isAll);
            // Only retractions so far.
            range = range with { After = found.To };
        }
    }

    /// <summary>The public channel has no options, and its offsets have no gaps.</summary>
    private async Task<(IReadOnlyList<Message> Messages, bool HasMore)> ReadPublicAsync(HistoryRange range)
    {
        var grain = logs.Grain(GrainKeys.PublicLog);
        if (range.Since is { } since)
        {
            var newer = await grain.ReadAsync(since, range.Limit);
            return (newer.Messages, newer.Messages is [.., { Offset: var newest }] && newest < newer.Head);
        }

        var head = (await grain.ReadAsync(long.MaxValue, 1)).Head;
        var last = Math.Min(head, (range.Before ?? long.MaxValue) - 1);
        for (var count = range.Limit; last > 0; count /= 2)
        {
            var found = await grain.ReadAsync(Math.Max(0, last - count), count);
            Message[] messages = [.. found.Messages.TakeWhile(message => message.Offset <= last)];
            // All that is retained there. Otherwise it was more than fits into a page: less is asked for, from the newest.
            if (messages is [.., { Offset: var newest }] && newest == last)
                return (messages, messages[0].Offset > found.FirstRetained);
            if (count == 1 || last < found.FirstRetained) break;
        }

        return ([], false);
    }
}
