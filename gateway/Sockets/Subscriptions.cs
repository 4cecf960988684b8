using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Puts a client's cursor where it belongs: at the head, or behind the last offset it has. History and the live stream are one
/// chain of frames to the cursor, so there is no hole and no repeat between the two.
/// </summary>
public sealed partial class Subscriptions(ChannelFollower follower, History history, TimeProvider time,
    ILogger<Subscriptions> logger)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Subscribes a new client.</summary>
    /// <param name="client">Just connected.</param>
    /// <param name="handshake">What it asked for.</param>
    /// <param name="place">Where the log ended before the client was sent the upgrade.</param>
    public void Begin(Client client, Handshake handshake, LogPlace place)
    {
        var (log, head) = place;
        if (!client.IsEnveloped) client.MoveTo([], head.Cursor, head.Offset);
        else if (handshake.Since is { } since) Resume(client, since, handshake.Epoch);
        else client.MoveTo(ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: false), head.Cursor, head.Offset);
    }

    /// <summary>A <c>subscribe</c> message: with an offset the cursor goes there, without one the client is sent where it
    /// stands.</summary>
    public void Start(Client client, long? since, string? epoch)
    {
        if (since is { } offset) Resume(client, offset, epoch);
        else if (follower.Log is { } log) client.Answer(ServerMessage.Subscribed(log.Epoch, log.Head, recovered: false));
    }

    /// <summary>Begins to follow <c>all</c> as one of several channels.</summary>
    /// <param name="client">On its sender's thread.</param>
    /// <param name="since">The last offset that it has; null: from now on.</param>
    /// <param name="answer">Makes what it is sent first, of the newest offset and whether everything behind its own
    /// follows.</param>
    public void Begin(Client client, long? since, Func<long, bool, byte[]> answer)
    {
        var log = follower.Log ?? throw new InvalidOperationException("Clients are taken only once the channel is known.");
        var head = log.Envelopes.Head;
        if (since is not { } offset || offset > head.Offset)
        {
            client.MoveTo(answer(head.Offset, false), head.Cursor, head.Offset);
        }
        else if (log.Envelopes.TryFind(offset, out var cursor, out head))
        {
            client.MoveTo(answer(head.Offset, true), cursor, offset);
        }
        else
        {
            // The rest is told as it is read: a gap comes in a frame of its own.
            client.Answer(answer(head.Offset, true));
            Resume(client, offset, log.Epoch, isAnswered: true);
        }
    }

    private void Resume(Client client, long since, string? epoch, bool isAnswered = false)
    {
        if (client.Resumes.Add(new ResumeRequest(since, epoch, isAnswered))) _ = ResumeAsync(client, client.Resumes);
    }

    /// <summary>Carries out the client's requests, one after the other, until there is none.</summary>
    private async Task ResumeAsync(Client client, ResumeRequests requests)
    {
        try
        {
            while (true)
            {
                await DelayAsync(requests);
                if (!requests.TryTake(out var request, out var cancellation)) return;
                requests.BegunAt = time.GetTimestamp();
                await PlaceAsync(client, request, cancellation);
            }
        }
        catch (Exception e)
        {
            // Without its cursor the client would wait forever: let it come back and try again.
            LogFailure(e, client.Opened.ConnectionId);
            client.Close(CloseReason.TryAgain);
        }
    }

    /// <summary>Bounds what a client may cost by moving its cursor; the first request need not wait.</summary>
    private async ValueTask DelayAsync(ResumeRequests requests)
    {
        var delay = requests.BegunAt is { } begun ? ResumeRequests.MinInterval - time.GetElapsedTime(begun) : TimeSpan.Zero;
        if (delay > TimeSpan.Zero) await Task.Delay(delay, time);
    }

    private async Task PlaceAsync(Client client, ResumeRequest request, CancellationToken cancellation)
    {
        var (since, epoch, isAnswered) = request;
        try
        {
            var log = follower.Log ?? throw new InvalidOperationException("Clients are taken only once the channel is known.");
            // Another gateway may have been ahead of this one when the client was there.
            if (since > log.Head) await AskChannelAsync(cancellation);
            if (since > log.Head || (epoch is not null && epoch != log.Epoch))
            {
                var head = log.Envelopes.Head;
                client.MoveTo(ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: false), head.Cursor, head.Offset);
                return;
            }

            await CatchUpAsync(client, log, since, isAnswered ? [] : null, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The client is gone, or sent a newer request.
        }
    }

    /// <summary>Pages of history until the gateway's own log has the rest.</summary>
    /// <param name="client">Who resumes.</param>
    /// <param name="log">The log.</param>
    /// <param name="since">The last offset that it has.</param>
    /// <param name="frames">What it is sent first; null: the answer to its subscription.</param>
    /// <param name="cancellation">It needs it no more.</param>
    private async Task CatchUpAsync(
        Client client, ChannelLog log, long since, byte[]? frames, CancellationToken cancellation)
    {
        var after = since;
        while (!cancellation.IsCancellationRequested)
        {
            if (log.Envelopes.TryFind(after, out var cursor, out var head))
            {
                client.MoveTo(frames ?? ServerMessage.Subscribed(log.Epoch, head.Offset, recovered: true), cursor, after);
                return;
            }

            var page = await ReadPageAsync(log.Epoch, after, cancellation);
            var held = new HeldPage(history, page);
            if (page.Epoch != log.Epoch)
            {
                // Another log's messages: this gateway will soon know, the client need not wait for it.
                held.Release();
                client.Close(CloseReason.NewEpoch);
                return;
            }

            var first = page.Segment is { } segment ? Math.Max(segment.FirstOffset, after + 1) : page.FirstRetained;
            frames ??= ServerMessage.Subscribed(log.Epoch, log.Head, recovered: first == after + 1);
            if (first > after + 1) frames = [.. frames, .. ServerMessage.Gap(after + 1, first - 1)];
            if (page.Segment is null)
            {
                held.Release();
                if (first <= after + 1) await AskChannelAsync(cancellation);
                after = Math.Max(after, first - 1);
                continue;
            }

            client.MoveTo(frames, page.Find(first - 1), first - 1, held);
            frames = [];
            after = page.Segment.LastOffset;
            await held.Sent.WaitAsync(cancellation);
        }
    }

    private Task<HistoryPage> ReadPageAsync(string epoch, long after, CancellationToken cancellation) =>
        RetryAsync(() => history.ReadAsync(epoch, after, cancellation), cancellation);

    /// <summary>Brings the gateway's own log to where the channel is.</summary>
    private Task<bool> AskChannelAsync(CancellationToken cancellation) => RetryAsync(
        async () =>
        {
            await follower.CatchUpAsync(cancellation);
            return true;
        },
        cancellation);

    /// <summary>Storage may be away for a while; the client keeps its connection and waits with us.</summary>
    private async Task<T> RetryAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested && GridCall.IsOutage(e))
            {
                LogRetry(e.Message);
                await Task.Delay(RetryDelay, time, cancellation);
            }
        }
    }

    [LoggerMessage(4601, LogLevel.Warning, "History cannot be read; clients that resume wait: {Error}")]
    private partial void LogRetry(string error);

    [LoggerMessage(4602, LogLevel.Error, "Resuming connection {ConnectionId} failed")]
    private partial void LogFailure(Exception exception, string connectionId);
}
