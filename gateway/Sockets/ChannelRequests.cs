using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>Carries out what clients ask of channels, other than to subscribe (see <see cref="ChannelSubscriber"/>).</summary>
public sealed partial class ChannelRequests(
    ChannelSubscriber subscriber,
    TokenRenewal tokens,
    ChannelLogs logs,
    ChannelAccess access,
    ChannelDrafts drafts,
    ChannelHistory history,
    Publisher publisher,
    SenderPool senders,
    TimeProvider time,
    ILogger<ChannelRequests> logger) : IDisposable
{
    /// <summary>What clients' reads of history may cost the silos, however many there are.</summary>
    private readonly SemaphoreSlim _reads = new(8);

    public void Dispose() => _reads.Dispose();

    /// <summary>A client's frame. Answered in the order of their frames as far as nothing is to be waited for.</summary>
    /// <param name="client">Who sent it.</param>
    /// <param name="kind">Its type.</param>
    /// <param name="text">The whole message.</param>
    public void Take(Client client, ChannelRequestKind kind, ReadOnlySpan<byte> text)
    {
        if (!ChannelRequest.TryParse(text, kind, out var request, out var fault))
        {
            Refuse(client, request.Id, ChannelRefusal.Invalid(fault!));
            return;
        }

        switch (kind)
        {
            case ChannelRequestKind.Subscribe:
                subscriber.Subscribe(client, request);
                break;
            case ChannelRequestKind.Unsubscribe:
                Unsubscribe(client, request);
                break;
            case ChannelRequestKind.Publish:
                _ = AnswerAsync(client, request.Id, () => PublishAsync(client, request));
                break;
            case ChannelRequestKind.History:
                _ = AnswerAsync(client, request.Id, () => ReadHistoryAsync(client, request));
                break;
            case ChannelRequestKind.Ack when Position.TryRead(request.Position!, logs.Count + 1) is null:
                Refuse(client, request.Id, ChannelRefusal.Position);
                break;
            case ChannelRequestKind.Token:
                _ = tokens.RenewAsync(client, request.Id, request.Token);
                break;
            default:
                // An ack that can be read has no answer.
                break;
        }
    }

    private void Unsubscribe(Client client, ChannelRequest request)
    {
        var names = request.Places.Select(place => place.Name).ToArray();
        var sender = senders.Of(client.Number).Channels;
        subscriber.UseChannels(client);
        sender.Post(client, who => who.Answer(ChannelAnswer.Unsubscribed(request.Id, sender.Unsubscribe(who, names))));
    }

    private async Task<byte[]> PublishAsync(Client client, ChannelRequest request)
    {
        if (WhyNoName(request.Channel) is { } why) return ChannelAnswer.Error(request.Id, why);
        if (!access.MayPublish(client.Principal, request.Channel))
            return ChannelAnswer.Error(request.Id, ChannelRefusal.Forbidden);
        if (request.Data.Length > drafts.MaxBytes(request.Channel)) return ChannelAnswer.Error(request.Id, ChannelRefusal.TooBig);
        var now = time.GetUtcNow();
        var message = new ChannelMessage(
            request.Channel,
            request.Data,
            request.Key,
            request.Ttl is { } seconds ? now.AddSeconds(seconds) : null,
            User: client.Principal.Token?.User);
        var offsets = await publisher.PublishToChannelsAsync(
            new PublishBatch([drafts.Make(message)], AcceptedAt: now), PublishSource.Socket);
        return ChannelAnswer.Published(request.Id, request.Channel, offsets[0]);
    }

    private async Task<byte[]> ReadHistoryAsync(Client client, ChannelRequest request)
    {
        if (WhyNoName(request.Channel) is { } why) return ChannelAnswer.Error(request.Id, why);
        if (request.Channel == GrainKeys.PublicChannel || !access.MayReadHistory(client.Principal, request.Channel))
            return ChannelAnswer.Error(request.Id, ChannelRefusal.NoHistory);
        if (logs.Epoch is null) return ChannelAnswer.Error(request.Id, ChannelRefusal.Unavailable);
        await _reads.WaitAsync();
        try
        {
            // It may have waited for its turn longer than for its answer.
            if (client.Ended) return [];
            var (messages, hasMore) = await history.ReadAsync(
                request.Channel, new HistoryRange(request.Before, Since: null, request.Limit));
            return ChannelAnswer.History(
                request.Id, request.Channel, messages.Select(message => ChannelWireForm.Text(message)), hasMore);
        }
        finally
        {
            _reads.Release();
        }
    }

    private async Task AnswerAsync(Client client, byte[]? id, Func<Task<byte[]>> answering)
    {
        if (!client.TryBeginRequest())
        {
            Refuse(client, id, ChannelRefusal.TooManyRequests);
            return;
        }

        byte[] answer;
        try
        {
            answer = await answering();
        }
        catch (Exception failure)
        {
            if (FailureOf(failure) is not { } why)
            {
                LogFailed(failure, client.Opened.ConnectionId);
                why = ChannelRefusal.Unavailable;
            }

            answer = ChannelAnswer.Error(id, why);
        }
        finally
        {
            client.EndRequest();
        }

        if (answer.Length > 0) client.Answer(answer);
    }

    private static ChannelRefusal? FailureOf(Exception failure) => failure switch
    {
        NotStorableException e => ChannelRefusal.Invalid(e.Message),
        ChannelRateException => ChannelRefusal.TooFast,
        StorageBrokenException => new ChannelRefusal("STORAGE_BROKEN", "The storage is broken. Tell the operators."),
        _ when GridCall.IsOutage(failure) => ChannelRefusal.Unavailable,
        _ => null,
    };

    private static ChannelRefusal? WhyNoName(string channel) => ChannelName.IsValid(channel) ? null
        : ChannelName.IsPattern(channel) ? ChannelRefusal.NoPattern
        : channel.StartsWith('$') ? ChannelRefusal.Forbidden
        : ChannelRefusal.InvalidChannel;

    private static void Refuse(Client client, byte[]? id, ChannelRefusal why)
    {
        client.CountError(why.Message);
        client.Answer(ChannelAnswer.Error(id, why));
    }

    [LoggerMessage(4802, LogLevel.Error, "A request of connection {ConnectionId} failed")]
    private partial void LogFailed(Exception exception, string connectionId);
}
