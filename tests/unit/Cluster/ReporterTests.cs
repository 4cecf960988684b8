using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class ReporterTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Lines _log = new();
    private readonly Numbers _reporter;

    public ReporterTests() => _reporter = new Numbers(_clock, _log);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _reporter.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _reporter.StopAsync(CancellationToken.None);
        _reporter.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_report_is_repeated_unchanged_until_it_is_answered(bool isBroken)
    {
        _reporter.Fault = isBroken ? new StorageBrokenException() : new StorageUnavailableException();
        _reporter.Add(7);
        await SentAsync(3);
        _reporter.Add(8);
        _reporter.Fault = null;
        await UntilAsync(() => _reporter.Sent.Last().Number == 2);

        Assert.All(_reporter.Sent.SkipLast(1), report => Assert.Equal("1: 7", report.ToString()));
        Assert.Equal("2: 8", _reporter.Sent.Last().ToString());
    }

    [Fact]
    public async Task An_outage_is_two_lines_in_the_log()
    {
        _reporter.Fault = new StorageUnavailableException("The database is away.\nMore.");
        _reporter.Add(7);
        await SentAsync(4);
        _reporter.Fault = null;
        await UntilAsync(() => _log.Count > 1);

        Assert.Equal(
            ["Reports of numbers are queued until the grid answers: The database is away.",
            "The grid accepts reports of numbers again"], _log);
    }

    [Fact]
    public async Task A_refused_report_is_given_up_and_logged()
    {
        _reporter.Fault = new InvalidOperationException();
        _reporter.Add(7, 8);
        await SentAsync(1);
        _reporter.Fault = null;
        _reporter.Add(9);
        await SentAsync(2);

        Assert.Equal(["1: 7 8", "2: 9"], _reporter.Sent.Select(report => report.ToString()));
        Assert.Equal(["The grid refused a report of 2 numbers"], _log);
    }

    [Fact]
    public async Task A_report_that_cannot_be_made_is_logged_once_and_made_later()
    {
        _reporter.Defect = new InvalidOperationException();
        _reporter.Add(7);
        await UntilAsync(() => _reporter.Failures > 3);
        Assert.Equal(["A report of numbers could not be built; retrying"], _log);

        _reporter.Defect = null;
        await SentAsync(1);
        await UntilAsync(() => _log.Count == 2);
        Assert.Equal("1: 7", _reporter.Sent.Single().ToString());
        Assert.Equal("The grid accepts reports of numbers again", _log.Last());
    }

    [Fact]
    public async Task A_full_report_is_followed_by_the_next_without_delay()
    {
        _reporter.Add(1, 2, 3, 4, 5, 6, 7);
        await UntilAsync(() => !_reporter.Sent.IsEmpty);
        await Until.TrueAsync(() => _reporter.Sent.Count == 3);

        Assert.Equal(["1: 1 2 3", "2: 4 5 6", "3: 7"], _reporter.Sent.Select(report => report.ToString()));
    }

    [Fact]
    public async Task What_was_dropped_is_logged_when_the_outage_is_over()
    {
        _reporter.Fault = new StorageUnavailableException();
        _reporter.Dropped = 5;
        _reporter.Add(7);
        await SentAsync(3);
        Assert.Single(_log);
        _reporter.Fault = null;
        await UntilAsync(() => _log.Count == 3);

        Assert.Equal("Dropped 5 numbers: the report queue is full", _log.Last());
    }

    [Fact]
    public async Task The_rest_is_sent_at_the_end()
    {
        _reporter.Fault = new StorageUnavailableException();
        _reporter.Add(7);
        await SentAsync(1);
        _reporter.Add(8);
        _reporter.Fault = null;
        await _reporter.StopAsync(Cancellation);

        Assert.Equal("2: 8", _reporter.Sent.Last().ToString());
    }

    [Fact]
    public async Task What_is_lost_at_the_end_is_logged()
    {
        _reporter.Fault = new StorageUnavailableException();
        _reporter.Add(1, 2, 3, 4);
        await SentAsync(1);
        await _reporter.StopAsync(Cancellation);

        Assert.Equal("Lost 4 numbers with this process: the grid did not answer", _log.Last());
    }

    private Task SentAsync(int reports) => UntilAsync(() => _reporter.Sent.Count >= reports);

    private Task UntilAsync(Func<bool> condition) => Until.TrueAsync(() =>
    {
        if (condition()) return true;
        _clock.Advance(TimeSpan.FromSeconds(1));
        return false;
    });

    private sealed record Report(long Number, int[] Items)
    {
        public override string ToString() => $"{Number}: {string.Join(' ', Items)}";
    }

    /// <summary>Reports numbers, three per report.</summary>
    private sealed class Numbers(TimeProvider time, ILogger log) : Reporter<Report>("numbers", TimeSpan.FromSeconds(1), time, log)
    {
        private readonly ConcurrentQueue<int> _waiting = new();
        private long _dropped;

        public Exception? Fault { get; set; }

        /// <summary>What making a report fails with.</summary>
        public Exception? Defect { get; set; }

        public int Failures { get; private set; }

        public long Dropped { set => Volatile.Write(ref _dropped, value); }

        public ConcurrentQueue<Report> Sent { get; } = new();

        public void Add(params int[] items)
        {
            foreach (var item in items) _waiting.Enqueue(item);
        }

        protected override Report? Next(long number)
        {
            if (Defect is { } defect)
            {
                Failures++;
                throw defect;
            }

            List<int> items = [];
            while (items.Count < 3 && _waiting.TryDequeue(out var item)) items.Add(item);
            return items.Count == 0 ? null : new Report(number, [.. items]);
        }

        protected override Task SendAsync(Report report, CancellationToken cancellation)
        {
            var fault = Fault;
            Sent.Enqueue(report);
            return fault is null ? Task.CompletedTask : Task.FromException(fault);
        }

        protected override bool HasMore(Report report) => report.Items.Length == 3;

        protected override long Count(Report report) => report.Items.Length;

        protected override long CountWaiting() => _waiting.Count;

        protected override long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);
    }

    private sealed class Lines : ConcurrentQueue<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Enqueue(formatter(state, exception));
    }
}
