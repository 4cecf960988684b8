using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Reads from the logs what clients missed that the windows no longer hold, and sends it, one page at a time: the next one is
/// read when the client has taken the last. Few reads are in flight, within <see cref="ClientMemory"/>.
/// </summary>
public sealed class MissedMessages(ChannelLogs logs, ClientMemory memory, TimeProvider time) : IDisposable
{
    private const int PageMessages = 500;

    /// <summary>What a page is taken for until it is sent: the silos answer no more, but for one message that is
    /// longer.</summary>
    private const int PageBytes = 1 << 20;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _reads = new(4);

    public void Dispose() => _reads.Dispose();

    /// <summary>The first page of each log, and with it what is no longer retained.</summary>
    internal async Task<Dictionary<int, ChannelMessages>> ReadFirstAsync(Client client, IReadOnlyList<WantedPart> behind)
    {
        var pages = new Dictionary<int, ChannelMessages>();
        foreach (var group in behind.GroupBy(part => part.Log))
        {
            WantedPart[] parts = [.. group];
            var page = await ReadAsync(client, group.Key, parts);
            for (var i = 0; i < parts.Length; i++)
            {
                if (page.DroppedTo[i] > parts[i].After) parts[i].AddGap(page.DroppedTo[i]);
            }

            pages.Add(group.Key, page);
        }

        return pages;
    }

    /// <summary>Sends what the parts missed, and has them follow the windows.</summary>
    /// <param name="client">The client.</param>
    /// <param name="sender">Its own.</param>
    /// <param name="parts">Subscribed, and not following yet.</param>
    /// <param name="first">Pages that were read before.</param>
    internal async Task SendAsync(
        Client client, ChannelSender sender, IReadOnlyList<WantedPart> parts, Dictionary<int, ChannelMessages> first)
    {
        foreach (var group in parts.GroupBy(part => part.Log))
        {
            first.TryGetValue(group.Key, out var page);
            await SendLogAsync(client, sender, group.Key, [.. group], page);
        }
    }

    private async Task SendLogAsync(
        Client client, ChannelSender sender, int log, List<WantedPart> parts, ChannelMessages? page)
    {
        while (parts.Count > 0 && !client.Ended)
        {
            page ??= await ReadAgainAsync(client, log, parts);
            if (page is null) return;
            if (page.Epoch != logs[log].Window.Epoch)
            {
                client.Close(CloseReason.NewEpoch);
                return;
            }

            if (page.Messages.Length > 0) await SendPageAsync(client, sender, page, parts);
            foreach (var part in parts) part.After = Math.Max(part.After!.Value, page.To);
            // Whoever followed a window from beyond its head would get again what it takes next.
            await CatchUpAsync(client, log, page.To);
            page = null;
            var left = await sender.RunAsync(client, who =>
            {
                var missing = parts.Where(part => !sender.TryFollow(who, part, Now)).ToList();
                for (var ended = parts.Count - missing.Count; ended > 0; ended--) sender.EndReplay(who);
                return missing;
            });
            if (left is null) return;
            parts = left;
        }
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task SendPageAsync(Client client, ChannelSender sender, ChannelMessages page, List<WantedPart> parts)
    {
        if (!await memory.TakeAsync(PageBytes, () => client.Ended)) return;
        try
        {
            var names = parts.Where(part => !part.IsPattern)
                .ToDictionary(part => part.Name, StringComparer.Ordinal);
            WantedPart[] patterns = [.. parts.Where(part => part.IsPattern)];
            List<(WantedPart, byte[])> frames = new(page.Messages.Length);
            foreach (var message in page.Messages)
            {
                if (message.Part is not { } part || Wanting(part.Channel, message.Offset) is not { } wanting) continue;
                frames.Add((wanting, ChannelWireForm.Frame(message, part).Bytes));
            }

            await sender.RunAsync(client, who =>
            {
                sender.SendRead(who, frames);
                return true;
            });
            // The next page waits until the client has taken this one.
            await client.RoomAsync();

            // A page starts at the furthest place of its channels.
            WantedPart? Wanting(string channel, long offset) =>
                names.TryGetValue(channel, out var own) && offset > own.After ? own
                : Array.Find(patterns, pattern => offset > pattern.After && ChannelName.Covers(pattern.Name, channel));
        }
        finally
        {
            memory.Return(PageBytes);
        }
    }

    /// <summary>Storage may be away for a while; the client keeps its connection and waits with us. Null: it is gone.</summary>
    private async Task<ChannelMessages?> ReadAgainAsync(Client client, int log, List<WantedPart> parts)
    {
        while (!client.Ended)
        {
            try
            {
                return await ReadAsync(client, log, parts);
            }
            catch (Exception e) when (GridCall.IsOutage(e))
            {
                await Task.Delay(RetryDelay, time);
            }
        }

        return null;
    }

    /// <summary>Has the window reach an offset of its log, however long that takes.</summary>
    private async Task CatchUpAsync(Client client, int log, long offset)
    {
        while (!client.Ended && offset > logs[log].Window.Head)
        {
            try
            {
                await logs[log].CatchUpAsync(CancellationToken.None);
                return;
            }
            catch (Exception e) when (GridCall.IsOutage(e))
            {
                await Task.Delay(RetryDelay, time);
            }
        }
    }

    private async Task<ChannelMessages> ReadAsync(Client client, int log, IReadOnlyList<WantedPart> parts)
    {
        await _reads.WaitAsync();
        try
        {
            if (client.Ended) throw new OperationCanceledException();
            return await logs[log].Grain.ReadChannelsAsync([.. parts.Select(part => part.Range())], PageMessages);
        }
        finally
        {
            _reads.Release();
        }
    }
}
