using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Puts a client's cursor where it belongs: at the head, or behind the last offset it has. History and the live stream are one
/// chain of frames to the cursor, so there is no hole and no repeat between the two.
/// </summary>
public sealed partial class Subscriptions(ChannelFollower follower, History history, TimeProvider time, ILogger<Subscriptions> logger)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Subscribes a new client.</summary>
    /// <param name="client">Just connected.</param>
    /// <param name="handshake">What it asked for.</param>
    /// <param name="place">Where the log ended before the client was told that it is connected.</param>
    public void Begin(Client client, Handshake handshake, LogPlace place)
    {
        var (log, head) = place;
        if (!client.IsEnveloped) client.MoveTo([], head.Cursor, head.Offset);
        else if (handshake.Since is { } since) Resume(client, since, handshake.Epoch);
        else client.MoveTo(ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: false), head.Cursor, head.Offset);
    }

    /// <summary>A <c>subscribe</c> message: with an offset the cursor goes there, without one the client is told where it stands.</summary>
    public void Start(Client client, long? since, string? epoch)
    {
        if (since is { } offset) Resume(client, offset, epoch);
        else if (follower.Log is { } log) client.Answer(ServerMessage.Subscribed(log.Epoch, log.Head, recovered: false));
    }

    private void Resume(Client client, long since, string? epoch) => _ = ResumeAsync(client, since, epoch, client.BeginSubscription());

    private async Task ResumeAsync(Client client, long since, string? epoch, CancellationToken cancellation)
    {
        try
        {
            var log = follower.Log ?? throw new InvalidOperationException("Clients are taken only once the channel is known.");
            // Another gateway may have been ahead of this one when the client was there.
            if (since > log.Head) await follower.CatchUpAsync(cancellation);
            if (since > log.Head || (epoch is not null && epoch != log.Epoch))
            {
                var head = log.Envelopes.Head;
                client.MoveTo(
                    ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: false), head.Cursor, head.Offset, null, cancellation);
                return;
            }

            await CatchUpAsync(client, log, since, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or has subscribed anew.
        }
        catch (Exception e)
        {
            // Without its cursor the client would wait forever: let it come back and try again.
            LogFailure(e, client.Opened.ConnectionId);
            client.Close(CloseReason.TryAgain);
        }
    }

    /// <summary>Pages of history until the gateway's own log has the rest.</summary>
    private async Task CatchUpAsync(Client client, ChannelLog log, long since, CancellationToken cancellation)
    {
        var after = since;
        byte[]? frames = null;
        while (!cancellation.IsCancellationRequested)
        {
            if (log.Envelopes.TryFind(after, out var cursor, out var head))
            {
                client.MoveTo(
                    frames ?? ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: true), cursor, after, null, cancellation);
                return;
            }

            var page = await ReadPageAsync(log.Epoch, after, cancellation);
            if (page.Batch.Epoch != log.Epoch)
            {
                // Another log's messages: this gateway will soon know, the client need not wait for it.
                client.Close(CloseReason.NewEpoch);
                return;
            }

            var first = page.Segment?.FirstOffset ?? page.Batch.FirstRetained;
            frames ??= ServerMessage.Subscribed(log.Epoch, log.Head, recovered: first == after + 1);
            if (first > after + 1) frames = [.. frames, .. ServerMessage.Gap(after + 1, first - 1)];
            if (page.Segment is null)
            {
                if (first <= after + 1) await follower.CatchUpAsync(cancellation);
                after = Math.Max(after, first - 1);
                continue;
            }

            var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            client.MoveTo(frames, new Cursor(page.Segment, 0), first - 1, finished, cancellation);
            await finished.Task.WaitAsync(cancellation);
            frames = [];
            after = page.Segment.LastOffset;
        }
    }

    /// <summary>Storage may be away for a while; the client keeps its connection and waits with us.</summary>
    private async Task<HistoryPage> ReadPageAsync(string epoch, long after, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await history.ReadAsync(epoch, after).WaitAsync(cancellation);
            }
            catch (Exception e) when (e is StorageUnavailableException or TimeoutException or Orleans.Runtime.OrleansException)
            {
                LogRetry(e.Message);
                await Task.Delay(RetryDelay, time, cancellation);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "History cannot be read right now ({Fault}); clients that resume wait")]
    private partial void LogRetry(string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Resuming connection {ConnectionId} failed")]
    private partial void LogFailure(Exception e, string connectionId);
}
