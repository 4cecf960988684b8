using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Subscribes clients to channels. What the windows cover is subscribed without a call to the grid; what was missed longer ago is
/// read from the logs, one query per log for all of a client's channels, until the windows take over.
/// </summary>
public sealed partial class ChannelSubscriber
{
    private readonly ChannelLogs _logs;
    private readonly ChannelAccess _access;
    private readonly Namespaces _namespaces;
    private readonly SenderPool _senders;
    private readonly ChannelFollower _all;
    private readonly Subscriptions _allSubscriptions;
    private readonly MissedMessages _missed;
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ChannelSubscriber> _logger;

    public ChannelSubscriber(
        ChannelLogs logs,
        ChannelAccess access,
        Namespaces namespaces,
        SenderPool senders,
        ChannelFollower all,
        Subscriptions allSubscriptions,
        MissedMessages missed,
        IOptions<GatewayOptions> options,
        TimeProvider time,
        ILogger<ChannelSubscriber> logger)
    {
        (_logs, _access, _namespaces, _senders, _all) = (logs, access, namespaces, senders, all);
        (_allSubscriptions, _missed, _options, _time, _logger) = (allSubscriptions, missed, options.Value, time, logger);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A new client that names channels, shows a position or a client token.</summary>
    public void Begin(Client client, Handshake handshake)
    {
        client.UsesChannels = true;
        var token = client.Principal.Token;
        IEnumerable<string> names = handshake.Channels
            ?? (token is null ? [GrainKeys.PublicChannel] : [.. token.Channels, ChannelAccess.OwnChannel(token)]);
        var places = names.Select(name => new ChannelPlace(name, handshake.Since)).ToArray();
        _ = SubscribeAsync(client, null, places, handshake.Position, handshake.Epoch, FactsOf(client));
    }

    /// <summary>A client that followed <c>all</c> without naming it uses channels from now on.</summary>
    public void UseChannels(Client client)
    {
        if (client.UsesChannels) return;
        client.UsesChannels = true;
        var sender = _senders.Of(client.Number).Channels;
        sender.Post(client, sender.FollowAll);
    }

    /// <summary>A client's <c>subscribe</c> of channels.</summary>
    public void Subscribe(Client client, ChannelRequest request)
    {
        var first = client.UsesChannels ? null : FactsOf(client);
        UseChannels(client);
        _ = SubscribeAsync(client, request.Id, request.Places, request.Position, request.Epoch, first);
    }

    /// <summary>Takes away what clients may no longer be subscribed to: a namespace or a token has changed.</summary>
    public void Recheck(Client client)
    {
        if (!client.UsesChannels) return;
        var sender = _senders.Of(client.Number).Channels;
        sender.Post(client, who =>
        {
            string[] forbidden = [.. sender.SubscriptionsOf(who).Where(name => !_access.MaySubscribe(who.Principal, name))];
            if (forbidden.Length == 0) return;
            who.Answer(ChannelAnswer.Unsubscribed(null, sender.Unsubscribe(who, forbidden), ChannelRefusal.Forbidden));
        });
    }

    private ConnectionFacts FactsOf(Client client) => new(
        client.Opened.ConnectionId,
        client.Principal.Token?.User,
        _options.ChannelsPerClient,
        _options.ClientMessageBytes,
        _options.HeartbeatMs());

    private async Task SubscribeAsync(
        Client client, byte[]? id, IReadOnlyList<ChannelPlace> places, string? position, string? epoch, ConnectionFacts? first)
    {
        if (!client.TryBeginRequest())
        {
            client.CountError(ChannelRefusal.TooManyRequests.Message);
            client.Answer(ChannelAnswer.Error(id, ChannelRefusal.TooManyRequests));
            return;
        }

        try
        {
            var refused = new List<(string, ChannelRefusal)>();
            if (_logs.Epoch is not { } current)
            {
                client.Answer(ChannelAnswer.Error(id, ChannelRefusal.Unavailable));
                return;
            }

            var wanted = Judge(client, places, refused);
            var begun = position is null ? null : Position.TryRead(position, _logs.Count + 1);
            var isLost = (position is not null && begun?.Epoch != current) || (epoch is not null && epoch != current);
            if (isLost) begun = null;
            foreach (var (channel, place) in wanted) Place(channel, place, begun, isLost);
            await CatchUpAsync(client, [.. wanted.Select(pair => pair.Channel)]);
            await PlaceLastAsync([.. wanted.Where(pair => pair.Place.Last is not null)]);
            await SubscribeAsync(client, id, [.. wanted.Select(pair => pair.Channel)], refused, begun, first);
        }
        catch (Exception e) when (GridCall.IsOutage(e))
        {
            LogPutOff(client.Opened.ConnectionId, e.Message);
            client.Answer(ChannelAnswer.Error(id, ChannelRefusal.Unavailable));
            // It begins with what it named, or not at all.
            if (first is not null && id is null) client.Close(CloseReason.TryAgain);
        }
        catch (Exception e)
        {
            LogFailed(e, client.Opened.ConnectionId);
            client.Close(CloseReason.TryAgain);
        }
        finally
        {
            client.EndRequest();
        }
    }

    /// <summary>What of the places is allowed. The limits of channels are the sender's to keep.</summary>
    private List<(WantedChannel Channel, ChannelPlace Place)> Judge(
        Client client, IReadOnlyList<ChannelPlace> places, List<(string, ChannelRefusal)> refused)
    {
        var wanted = new List<(WantedChannel, ChannelPlace)>(Math.Min(places.Count, _options.ChannelsPerClient));
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in places)
        {
            if (!named.Add(place.Name)) continue;
            if (WhyNot(client, place) is { } why) refused.Add((place.Name, why));
            else if (wanted.Count >= _options.ChannelsPerClient) refused.Add((place.Name, ChannelRefusal.TooManyChannels));
            else wanted.Add((new WantedChannel(place.Name, _namespaces.Of(place.Name)), place));
        }

        return wanted;
    }

    private ChannelRefusal? WhyNot(Client client, ChannelPlace place)
    {
        var isPattern = ChannelName.IsPattern(place.Name);
        if (place.Name.StartsWith('$')) return ChannelRefusal.Forbidden;
        if (!isPattern && !ChannelName.IsValid(place.Name)) return ChannelRefusal.InvalidChannel;
        if (!_access.MaySubscribe(client.Principal, place.Name)) return ChannelRefusal.Forbidden;
        if (isPattern && (place.Since is not null || place.Last is not null)) return ChannelRefusal.PlaceOfPattern;
        return place.Last is not null && !_access.MayReadHistory(client.Principal, place.Name) ? ChannelRefusal.NoHistory : null;
    }

    private void Place(WantedChannel channel, ChannelPlace place, Position? position, bool isLost)
    {
        var isStored = channel.Options.Retention != Retention.None;
        channel.HasPlace = place.Since is not null || place.Last is not null || position is not null || isLost;
        channel.IsPlaceGood = channel.HasPlace && !isLost && isStored;
        if (channel.IsPattern)
        {
            for (var log = 1; log <= _logs.Count; log++)
            {
                var from = isStored ? position?.Offsets[log] : null;
                channel.Parts.Add(new WantedPart(channel.Name, channel.Options, log) { After = from });
            }

            return;
        }

        var own = ChannelName.LogOf(channel.Name, _logs.Count);
        var after = isLost || !isStored ? null : place.Since ?? (place.Last is null ? position?.Offsets[own] : null);
        channel.Parts.Add(new WantedPart(channel.Name, channel.Options, own) { After = after });
    }

    /// <summary>A place that is ahead of this gateway is looked for in the log itself, never called another epoch.</summary>
    private async Task CatchUpAsync(Client client, List<WantedChannel> wanted)
    {
        bool IsAhead(WantedPart part) => part.After > HeadOf(part.Log);
        var logs = wanted.SelectMany(channel => channel.Parts).Where(IsAhead).Select(part => part.Log).Distinct().ToList();
        foreach (var log in logs) await CatchUpAsync(log).WaitAsync(GridCall.Timeout, _time);
        foreach (var channel in wanted.Where(channel => channel.Parts.Exists(IsAhead)))
        {
            // Nothing that exists has such an offset.
            channel.IsPlaceGood = false;
            foreach (var part in channel.Parts.Where(IsAhead)) part.After = null;
        }

        if (client.Ended) throw new OperationCanceledException();
    }

    private Task CatchUpAsync(int log) => log == GrainKeys.PublicLog
        ? _all.CatchUpAsync(CancellationToken.None)
        : _logs[log].CatchUpAsync(CancellationToken.None);

    private long HeadOf(int log) => log == GrainKeys.PublicLog ? _all.Log?.Head ?? 0 : _logs[log].Window.Head;

    private async Task PlaceLastAsync(List<(WantedChannel Channel, ChannelPlace Place)> wanted)
    {
        foreach (var (channel, place) in wanted)
        {
            var part = channel.Parts[0];
            if (part.Log == GrainKeys.PublicLog)
            {
                part.After = Math.Max(0, (_all.Log?.Head ?? 0) - place.Last!.Value);
                continue;
            }

            var limit = Math.Min(place.Last!.Value, channel.Options.HistoryLimit ?? int.MaxValue);
            var page = await _logs[part.Log].Grain.ReadHistoryAsync(channel.Name, null, limit, channel.Options.HistoryLimit);
            part.After = page.Messages is [var oldest, ..] ? oldest.Offset - 1 : null;
        }
    }

    private async Task SubscribeAsync(
        Client client,
        byte[]? id,
        List<WantedChannel> wanted,
        List<(string, ChannelRefusal)> refused,
        Position? begun,
        ConnectionFacts? first)
    {
        // What the windows do not cover: what can be said of its recovery is known only after a first look.
        var behind = wanted.SelectMany(channel => channel.Parts).Where(part =>
            part.Log != GrainKeys.PublicLog && part.After is { } after && !_logs[part.Log].Window.Covers(after)).ToList();
        var read = await _missed.ReadFirstAsync(client, behind);
        var sender = _senders.Of(client.Number).Channels;
        var all = wanted.Find(channel => channel.Name == GrainKeys.PublicChannel);
        var moved = await sender.RunAsync(client, who =>
        {
            RefuseForbidden(who, wanted, refused);
            RefuseSurplus(who, sender, wanted, refused);
            if (begun is not null && first is not null) sender.BeginAt(who, begun.Offsets);
            var hadAll = sender.SubscriptionsOf(who).Contains(GrainKeys.PublicChannel);
            var missing = sender.Subscribe(who, wanted, Now);
            byte[] Answer(long allHead, bool allRecovered) => ChannelAnswer.Subscribed(
                id,
                first,
                _logs.Epoch!,
                sender.PositionOf(who, Starts(wanted)),
                wanted.Select(channel => Outcome(channel, allHead, allRecovered)),
                refused);
            if (all is null || !wanted.Contains(all) || (hadAll && !all.HasPlace))
                who.Answer(Answer(_all.Log!.Head, false));
            else
                _allSubscriptions.Begin(who, all.Parts[0].After, Answer);
            return missing;
        });
        if (moved is { Count: > 0 }) await _missed.SendAsync(client, sender, moved, read);
    }

    /// <summary>Its token or the namespace may have changed since it was judged.</summary>
    private void RefuseForbidden(Client client, List<WantedChannel> wanted, List<(string, ChannelRefusal)> refused)
    {
        foreach (var channel in wanted.Where(channel => !_access.MaySubscribe(client.Principal, channel.Name)).ToList())
        {
            wanted.Remove(channel);
            refused.Add((channel.Name, ChannelRefusal.Forbidden));
        }
    }

    private void RefuseSurplus(
        Client client, ChannelSender sender, List<WantedChannel> wanted, List<(string, ChannelRefusal)> refused)
    {
        var names = sender.SubscriptionsOf(client);
        var (channels, patterns) = (names.Count, names.Count(name => name.EndsWith('*')));
        wanted.RemoveAll(channel =>
        {
            if (names.Contains(channel.Name)) return false;
            var why = channels >= _options.ChannelsPerClient ? ChannelRefusal.TooManyChannels
                : channel.IsPattern && patterns >= _options.PatternsPerClient ? ChannelRefusal.TooManyPatterns
                : null;
            if (why is not null)
            {
                refused.Add((channel.Name, why));
                return true;
            }

            channels++;
            if (channel.IsPattern) patterns++;
            return false;
        });
    }

    /// <summary>The places that were given, by log: a position must not be ahead of them.</summary>
    private long[] Starts(List<WantedChannel> wanted)
    {
        var starts = new long[_logs.Count + 1];
        Array.Fill(starts, long.MaxValue);
        foreach (var part in wanted.SelectMany(channel => channel.Parts))
            if (part.After is { } after) starts[part.Log] = Math.Min(starts[part.Log], after);
        return starts;
    }

    private static ChannelOutcome Outcome(WantedChannel channel, long allHead, bool allRecovered)
    {
        if (channel.Name == GrainKeys.PublicChannel)
            return new ChannelOutcome(channel.Name, allHead, allRecovered, null);
        return new ChannelOutcome(
            channel.Name,
            channel.IsPattern || channel.Options.Retention == Retention.None ? null : channel.Parts[0].Newest,
            channel.IsRecovered, channel.Gap);
    }

    [LoggerMessage(4803, LogLevel.Warning, "Connection {ConnectionId} could not be subscribed; it is told to try again: {Error}")]
    private partial void LogPutOff(string connectionId, string error);

    [LoggerMessage(4804, LogLevel.Error, "Subscribing connection {ConnectionId} failed")]
    private partial void LogFailed(Exception exception, string connectionId);
}
