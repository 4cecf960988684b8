using System.Diagnostics.Metrics;
using NotifyHub.Gateway.Network;
using NotifyHub.Hosting.Metrics;

namespace NotifyHub.Gateway.Telemetry;

/// <summary>
/// What a gateway measures, as docs/telemetry.md lists it. What is counted anyway is only read on export; the rest is
/// recorded once per batch. Nothing is exported per connection or message.
/// </summary>
public sealed class GatewayMetrics
{
    private const string Error = "error.type";
    private const string Source = "notifyhub.publish.source";

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly InstrumentAdvice<long> Sizes = new()
    {
        HistogramBucketBoundaries = [0, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20],
    };

    private readonly Meter _meter;
    private readonly Tally _closed;
    private readonly Tally _refused;
    private readonly Tally _published;
    private readonly Histogram<double> _publishDuration;
    private readonly Histogram<double> _deliveryDuration;
    private readonly Histogram<long> _lag;
    private readonly Histogram<long> _outbox;
    private readonly Tally _repairs;
    private readonly Tally _repairedMessages;
    private readonly Tally _leaseLosses;
    private readonly Tally _pushLines;
    private readonly Tally _loginFailures;

    public GatewayMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(Tally.MeterName);
        _closed = new Tally(
            _meter, "notifyhub.connections.closed", "{connection}", "Clients' connections that have ended, by reason.",
            "notifyhub.close.reason", CloseReason.All.Select(reason => reason.Label));
        _refused = new Tally(
            _meter, "notifyhub.connections.refused", "{connection}",
                "Connections turned away before they were clients or could push, by port and reason.",
            ("notifyhub.refusal.port", "notifyhub.refusal.reason"),
                Refusal.All.Select(refusal => (refusal.Port, refusal.Reason)));
        _published = new Tally(
            _meter, "notifyhub.publish.messages", "{message}", "Messages published through this gateway, by source.", Source,
                PublishSource.Tcp, PublishSource.Rest);
        _publishDuration = _meter.CreateHistogram(
            "notifyhub.publish.duration",
            "s",
            "From a publish until it is durable and can be acknowledged; of lines, a batch of them.",
            advice: Durations);
        _deliveryDuration = _meter.CreateHistogram(
            "notifyhub.delivery.duration",
            "s",
            "From the acceptance of a batch's first message until the last client here has been sent it.",
            advice: Durations);
        _lag = _meter.CreateHistogram(
            "notifyhub.cursor.lag",
            "By",
            "How far clients are behind the newest message: all of them, every 10 s.",
            advice: Sizes);
        _outbox = _meter.CreateHistogram(
            "notifyhub.outbox.size", "By", "Answers that wait for clients: all clients, every 10 s.", advice: Sizes);
        _repairs = new Tally(_meter, "notifyhub.repairs", "{hole}", "Holes in what the silos pushed, filled by reading.");
        _repairedMessages = new Tally(_meter, "notifyhub.repair.messages", "{message}", "Messages read to fill holes.");
        _leaseLosses = new Tally(_meter, "notifyhub.lease.losses", "{loss}",
            "Leases of this gateway that ended while it was alive.");
        _pushLines = new Tally(
            _meter, "notifyhub.push.lines", "{line}", "Lines of the push port, by what became of them.",
            "notifyhub.push.outcome", "ok", "invalid", "too_long", "unauthorized", "busy", "unavailable", "broken", "internal");
        _loginFailures = new Tally(
            _meter, "notifyhub.login.failures", "{attempt}", "Logins that were refused.", Error,
            "invalid_credentials", "default_password", "rate_limited", "malformed");
    }

    public void ObserveClients(Func<int> active, Func<long> opened, Func<long> delivered, Func<long> memory)
    {
        _meter.CreateObservableUpDownCounter(
            "notifyhub.client.memory", memory, "By",
            "Memory that clients hold: pages of history, answers that wait, long messages being received.");
        _meter.CreateObservableUpDownCounter("notifyhub.connections.active", active, "{connection}", "Clients connected.");
        _meter.CreateObservableCounter("notifyhub.connections.opened", opened, "{connection}", "Clients let in.");
        _meter.CreateObservableCounter("notifyhub.delivery.messages", delivered, "{message}",
            "Messages of the channel sent to clients.");
    }

    public void ObservePush(Func<int> connections) => _meter.CreateObservableUpDownCounter(
        "notifyhub.push.connections", connections, "{connection}", "Connections of the push port.");

    public void ObserveGrid(Func<bool> reachable, Func<long> head)
    {
        _meter.CreateObservableGauge("notifyhub.grid.reachable", () => reachable() ? 1 : 0, "1",
            "1: the silos answer this gateway; 0: they do not.");
        _meter.CreateObservableCounter("notifyhub.channel.messages", head, "{message}",
            "Messages of the channel since its beginning, as far as this gateway has them.");
    }

    public void Closed(CloseReason reason) => _closed.Add(reason.Label, 1);

    public void Refused(Refusal refusal) => _refused.Add(refusal.Port, refusal.Reason, 1);

    /// <summary>A connection that is no client was shed or refused.</summary>
    /// <param name="isClientPort">On the port of the clients; all others are counted as one.</param>
    public void HttpRefused(HttpRefusal why, bool isClientPort) => Refused((why, isClientPort) switch
    {
        (HttpRefusal.Shed, true) => Refusal.Shed,
        (HttpRefusal.Full, true) => Refusal.HttpFull,
        (HttpRefusal.Shed, false) => Refusal.OtherShed,
        _ => Refusal.OtherFull,
    });

    public void Published(string source, int messages, TimeSpan duration)
    {
        _published.Add(source, messages);
        _publishDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(Source, source));
    }

    public void PublishFailed(string source, string error, TimeSpan duration) =>
        _publishDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(Source, source),
            new KeyValuePair<string, object?>(Error, error));

    public void Delivered(TimeSpan duration) => _deliveryDuration.Record(duration.TotalSeconds);

    /// <summary>Metrics of all clients are exported: measuring each of them is worth it.</summary>
    public bool SamplesClients => _lag.Enabled || _outbox.Enabled;

    public void Sample(long lag, long outbox)
    {
        _lag.Record(lag);
        _outbox.Record(outbox);
    }

    public void Repaired() => _repairs.Add(1);

    public void RepairedMessages(int messages) => _repairedMessages.Add(messages);

    public void LeaseLost() => _leaseLosses.Add(1);

    /// <param name="outcome">ok, invalid, too_long, unauthorized, busy, unavailable, internal.</param>
    public void PushLines(int lines, string outcome) => _pushLines.Add(outcome, lines);

    /// <param name="error">invalid_credentials, default_password, rate_limited or malformed.</param>
    public void LoginFailed(string error) => _loginFailures.Add(error, 1);
}
