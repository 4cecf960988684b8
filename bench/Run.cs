using System.Net;
using System.Net.Sockets;

namespace NotifyHub.Bench;

/// <summary>One run from the first connection to the report: connect, warm up, drain, measure, drain.</summary>
internal sealed class Run : IDisposable
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    // Connecting is given up after this time; a loaded server may need three retransmissions of a SYN.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(20);

    private readonly BenchOptions _options;
    private readonly TextWriter _progress;
    private readonly Receiver[] _receivers;
    private readonly Publisher? _publisher;
    private readonly int _slow;

    private Run(BenchOptions options, IPAddress server, TextWriter progress)
    {
        _options = options;
        _progress = progress;
        var run = BenchMessage.NewRun();
        var target = new IPEndPoint(server, options.Url.Port);
        var sources = Sources(server, options.Connections);
        _slow = (int)Math.Round(options.Connections * options.SlowPercent / 100);
        _receivers = new Receiver[options.Threads];
        for (var i = 0; i < _receivers.Length; i++)
            _receivers[i] = new Receiver(options, target, sources, Share(options.Connections, i), Share(_slow, i), run);
        _publisher = options.Publisher switch
        {
            _ when options.Idle => null,
            PublisherKind.Tcp => new TcpPublisher(options, run),
            PublisherKind.Rest or PublisherKind.Notifications => new RestPublisher(options, run),
            _ => null,
        };
    }

    private int Open => _receivers.Sum(r => r.Open);

    private int Readers => _receivers.Sum(r => r.Open) - _slow + _receivers.Sum(r => r.EndedSlow);

    private long Received => _receivers.Sum(r => r.Deliveries.Received);

    /// <exception cref="IOException">The run failed.</exception>
    public static async Task<Report> ExecuteAsync(BenchOptions options, TextWriter progress, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(options.Url.DnsSafeHost, cancellation);
        var server = addresses.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
        using var run = new Run(options, server, progress);
        return await run.ExecuteAsync(cancellation);
    }

    public void Dispose()
    {
        foreach (var receiver in _receivers) receiver.Dispose();
        (_publisher as IDisposable)?.Dispose();
    }

    private async Task<Report> ExecuteAsync(CancellationToken cancellation)
    {
        var connect = await ConnectAsync(cancellation);
        var own = OwnCpu();
        var from = Clock.Now;
        IdleReport? idle = null;
        PublishReport? publish = null;
        DeliverReport? deliver = null;
        if (_options.Idle)
        {
            idle = await IdleAsync(cancellation);
        }
        else
        {
            if (_publisher is not null && _options.Warmup > TimeSpan.Zero)
            {
                await PublishAsync("warm-up", _options.Warmup, cancellation);
                await DrainAsync(cancellation);
            }
            own = OwnCpu();
            from = Clock.Now;
            (publish, deliver) = await MeasureAsync(cancellation);
        }
        var generator = Generator(OwnCpu() - own, Clock.Now - from, deliver?.Deliveries ?? 0);
        var head = _publisher?.Head ?? 0;
        var undelivered = _receivers.Sum(r => r.Undelivered(head));
        await CloseAsync(cancellation);
        return new Report
        {
            Command = Environment.CommandLine,
            Connect = connect,
            Idle = idle,
            Publish = publish,
            Deliver = deliver,
            Errors = Errors(undelivered),
            Disconnects = CloseCodes(),
            Generator = generator,
        };
    }

    private async Task<ConnectReport> ConnectAsync(CancellationToken cancellation)
    {
        var before = ServerUsage.Read(_options.ServerPids);
        var from = Clock.Now;
        foreach (var receiver in _receivers) receiver.Start();
        var opened = 0;
        var progressAt = from;
        while (_receivers.Sum(r => r.Pending) > 0)
        {
            await TickAsync("connect", cancellation);
            if (Open > opened) (opened, progressAt) = (Open, Clock.Now);
            if (Clock.Now - progressAt > ConnectTimeout.TotalMicroseconds) break;
        }
        var seconds = (Clock.Now - from) / 1e6;
        var failures = _receivers.SelectMany(r => r.Failures).Select(f => $"{f.Value:N0}: {f.Key}").ToList();
        if (Open < _options.Connections)
            throw new IOException(
                $"Only {Open:N0} of {_options.Connections:N0} connections opened. {string.Join("; ", failures)}");

        // Work that the connects caused (a report of sessions, a garbage collection) does not belong to the measurement.
        if (_options.ServerPids.Count > 0) await Task.Delay(Settle, cancellation);
        var after = ServerUsage.Read(_options.ServerPids);
        return new ConnectReport(
            Open,
            _slow,
            seconds,
            Open / seconds,
            (after.CpuSeconds - before.CpuSeconds) * 1e6 / Open,
            before.ResidentBytes,
            after.ResidentBytes,
            (after.ResidentBytes - before.ResidentBytes) / Open);
    }

    private async Task<IdleReport> IdleAsync(CancellationToken cancellation)
    {
        var before = ServerUsage.Read(_options.ServerPids);
        var from = Clock.Now;
        while (Clock.Now - from < _options.Duration.TotalMicroseconds) await TickAsync("idle", cancellation);
        var after = ServerUsage.Read(_options.ServerPids);
        var seconds = (Clock.Now - from) / 1e6;
        return new IdleReport(seconds, (after.CpuSeconds - before.CpuSeconds) * 100 / seconds, after.ResidentBytes);
    }

    private async Task<(PublishReport? Publish, DeliverReport Deliver)> MeasureAsync(CancellationToken cancellation)
    {
        var sent = _publisher?.Sent ?? 0;
        var acknowledged = _publisher?.Acknowledged ?? 0;
        var refused = _publisher?.Refused.Count ?? 0;
        foreach (var receiver in _receivers) receiver.Deliveries.MeasuredFrom = sent;
        var clients = Readers;
        var before = ServerUsage.Read(_options.ServerPids);
        var from = Clock.Now;
        await PublishAsync("measure", _options.Duration, cancellation);
        var publishSeconds = (Clock.Now - from) / 1e6;
        await DrainAsync(cancellation);
        var seconds = (Clock.Now - from) / 1e6;
        var after = ServerUsage.Read(_options.ServerPids);

        PublishReport? publish = null;
        if (_publisher is not null)
        {
            publish = new PublishReport(
                _publisher.Sent - sent,
                _publisher.Acknowledged - acknowledged,
                _publisher.Refused.Count - refused,
                _publisher.LastRefusal,
                publishSeconds,
                (_publisher.Acknowledged - acknowledged) / publishSeconds,
                LatencyReport.Of(_publisher.AckLatency));
        }
        return (publish, Deliver(clients, seconds, after.CpuSeconds - before.CpuSeconds, after));
    }

    private DeliverReport Deliver(int clients, double seconds, double cpu, ServerUsage usage)
    {
        var deliveries = _receivers.Sum(r => r.Deliveries.Measured);
        var latency = new Histogram();
        foreach (var receiver in _receivers) latency.Add(receiver.Deliveries.Latency);
        return new DeliverReport(
            clients,
            deliveries,
            _receivers.Sum(r => r.Deliveries.Foreign),
            seconds,
            deliveries / seconds,
            cpu,
            cpu * 100 / seconds,
            cpu > 0 ? deliveries / cpu : 0,
            deliveries > 0 ? cpu * 1e6 / deliveries : 0,
            LatencyReport.Of(latency),
            LatencyReport.Of(Deliveries.LastClient([.. _receivers.Select(r => r.Deliveries)])),
            _receivers.Sum(r => r.Deliveries.Replayed),
            _receivers.Sum(r => r.Resumed),
            _receivers.Sum(r => r.EndedSlow),
            usage.ResidentBytes,
            usage.PeakBytes);
    }

    private async Task PublishAsync(string phase, TimeSpan length, CancellationToken cancellation)
    {
        var from = Clock.Now;
        var publishing = _publisher?.RunAsync(length, cancellation) ?? Task.Delay(length, cancellation);
        var dropped = _options.ResumePercent == 0 || phase != "measure";
        while (!publishing.IsCompleted)
        {
            await TickAsync(phase, cancellation);
            if (dropped || Clock.Now - from < _options.ResumeAt.TotalMicroseconds) continue;
            dropped = true;
            foreach (var receiver in _receivers) receiver.Drop(_options.ResumePercent);
        }
        await publishing;
    }

    /// <summary>Waits until every reading client has every acknowledged message, or the time is over.</summary>
    private async Task DrainAsync(CancellationToken cancellation)
    {
        if (_publisher is null) return;
        var from = Clock.Now;
        while (_receivers.Sum(r => r.Behind(_publisher.Head, _publisher.Refused.Count)) > 0
            && Clock.Now - from < _options.Drain.TotalMicroseconds)
            await TickAsync("drain", cancellation);
    }

    private async Task CloseAsync(CancellationToken cancellation)
    {
        foreach (var receiver in _receivers) receiver.RequestClose();
        var from = Clock.Now;
        while (Open > 0 && Clock.Now - from < CloseTimeout.TotalMicroseconds) await Task.Delay(10, cancellation);
        foreach (var receiver in _receivers) receiver.Stop();
    }

    private long _lineAt = Clock.Now;
    private long _lineReceived, _lineSent;

    /// <summary>Waits shortly; prints a line of progress per second.</summary>
    private async Task TickAsync(string phase, CancellationToken cancellation)
    {
        await Task.Delay(10, cancellation);
        if (_receivers.FirstOrDefault(r => r.Fault is not null) is { } broken)
            throw new IOException("A receiver broke.", broken.Fault);
        // Checked only when half of the lead is used up: a walk over all clients each time would load the generator.
        if (_publisher is not null && _publisher.Sent + (_options.Lead / 2) >= _publisher.Limit)
            _publisher.Limit = Math.Min(_receivers.Min(r => r.Slowest()), BenchMessage.MaxMessages) + _options.Lead;
        var seconds = (Clock.Now - _lineAt) / 1e6;
        if (seconds < 1) return;
        var (received, sent) = (Received, _publisher?.Sent ?? 0);
        _progress.WriteLine(
            $"  {phase,-8} open {Open,7:N0}   sent {sent,11:N0} ({(sent - _lineSent) / seconds,9:N0}/s)   " +
            $"delivered {received,13:N0} ({(received - _lineReceived) / seconds,11:N0}/s)");
        (_lineAt, _lineReceived, _lineSent) = (Clock.Now, received, sent);
    }

    private ErrorReport Errors(long undelivered)
    {
        var refused = _publisher?.Refused ?? new HashSet<long>();
        var all = _receivers.Select(r => r.Deliveries).ToList();
        return new ErrorReport(
            all.Sum(d => d.OrderErrors),
            all.Sum(d => d.Gaps(refused)),
            undelivered,
            all.Sum(d => d.Repeats),
            all.Sum(d => d.Altered),
            all.Sum(d => d.OffsetErrors),
            all.Sum(d => d.NotRecovered),
            _receivers.SelectMany(r => r.Failures).GroupBy(f => f.Key).ToDictionary(g => g.Key, g => g.Sum(f => f.Value)));
    }

    private Dictionary<int, int> CloseCodes() =>
        _receivers.SelectMany(r => r.Deliveries.CloseCodes).GroupBy(c => c.Key)
            .ToDictionary(g => g.Key, g => g.Sum(c => c.Value));

    private int Share(int whole, int index) => (whole * (index + 1) / _options.Threads) - (whole * index / _options.Threads);

    private static GeneratorReport Generator(double cpu, long micros, long deliveries) =>
        new(cpu, cpu * 1e8 / micros, deliveries > 0 ? cpu * 1e6 / deliveries : 0);

    private static double OwnCpu() => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>
    /// One source address has 28,000 ports, and a closed connection occupies its port for a minute. Clients of a server on
    /// loopback use several addresses.
    /// </summary>
    private static SocketAddress[] Sources(IPAddress server, int connections) =>
        IPAddress.IsLoopback(server) && server.AddressFamily == AddressFamily.InterNetwork && connections > 4000
            ? [.. Enumerable.Range(2, 8).Select(i => new IPEndPoint(new IPAddress([127, 0, 0, (byte)i]), 0).Serialize())]
            : [];
}
