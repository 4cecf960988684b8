using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>What serves the clients of a gateway, over grains in memory.</summary>
internal sealed class GatewayParts : IDisposable
{
    public GatewayParts(
        IGrainFactory grains, GatewayOptions? options = null, ClientMemory? memory = null, TimeProvider? clock = null)
    {
        var settings = Options.Create(options ?? new GatewayOptions());
        clock ??= TimeProvider.System;
        memory ??= new ClientMemory(64 << 20, TimeProvider.System);
        var node = new GatewayNode();
        var times = new DeliveryTimes(Meters.Metrics(), TimeProvider.System);
        Follower = new ChannelFollower(
            grains, node, settings, times, Counts, Meters.Metrics(), NullLogger<ChannelFollower>.Instance);
        Logs = new ChannelLogs(grains, node, Follower, settings, Meters.Metrics(), NullLogger<LogFollower>.Instance);
        Senders = new SenderPool(settings, Follower, Logs, times, Counts, NullLogger<Sender>.Instance);
        Subscriptions = new Subscriptions(
            Follower, new History(grains, memory), clock, NullLogger<Subscriptions>.Instance);
        var access = new ChannelAccess(Namespaces);
        Subscriber = new ChannelSubscriber(
            Logs, access, Namespaces, Senders, Follower, Subscriptions, new MissedMessages(Logs, memory, clock), settings, clock,
            NullLogger<ChannelSubscriber>.Instance);
        var drafts = new ChannelDrafts(Namespaces, Logs);
        Requests = new ChannelRequests(
            Subscriber, new TokenRenewal((_, token) => Task.FromResult(Renew(token)), Subscriber), Logs, access,
            drafts, new ChannelHistory(Logs, Namespaces),
            new Publisher(grains, Logs, drafts, Meters.Metrics(), clock), Senders, clock,
            NullLogger<ChannelRequests>.Instance);
    }

    public DeliveryCounts Counts { get; } = new();

    public ChannelFollower Follower { get; }

    public ChannelLogs Logs { get; }

    public SenderPool Senders { get; }

    public Subscriptions Subscriptions { get; }

    public ChannelSubscriber Subscriber { get; }

    public ChannelRequests Requests { get; }

    public Namespaces Namespaces { get; } = new();

    /// <summary>What becomes of a new token.</summary>
    public Func<string, TokenVerdict> Renew { get; set; } = _ => TokenVerdict.Refuse(TokenFault.Invalid);

    /// <summary>A sender of a gateway that has not reached the grid.</summary>
    public static Sender NewSender(int number, int backlogBytes, DeliveryCounts counts, DeliveryTimes? times = null)
    {
        using var parts = new GatewayParts(new FakeChannel().Grains);
        times ??= new DeliveryTimes(Meters.Metrics(), TimeProvider.System);
        return new Sender(
            number, backlogBytes, parts.Logs, TimeSpan.FromSeconds(30), times, counts, NullLogger.Instance);
    }

    /// <summary>Logs of which nothing is known yet.</summary>
    public static ChannelLogs NewLogs()
    {
        using var parts = new GatewayParts(new FakeChannel().Grains);
        return parts.Logs;
    }

    public void Dispose()
    {
        Senders.Dispose();
        Logs.Dispose();
        Follower.Dispose();
    }
}
