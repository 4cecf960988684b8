using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Grains.Storage;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class StorageHealthTests
{
    private static readonly StorageFault Busy = new("is busy", "Wait.");
    private static readonly StorageFault Full = new("is full", "Free space.", Passes: false);

    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();
    private readonly StorageHealth _health;

    public StorageHealthTests() => _health = new StorageHealth(_time, _log);

    [Fact]
    public void What_passes_is_an_error_until_it_works_and_a_warning_for_a_while()
    {
        Assert.Equal((null, null), (_health.Error?.ToString(), _health.Warning));

        _health.Failed(StorageUse.Commit, Busy, new TimeoutException());
        Assert.Equal("The database is busy. Wait.", _health.Error?.ToString());
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("The database is busy. Wait.", _health.Error?.ToString());

        _health.Failed(StorageUse.Commit, Busy, new TimeoutException());
        _health.Succeeded(StorageUse.Commit);
        Assert.Equal((null, "A moment ago: The database is busy. Wait."), (_health.Error?.ToString(), _health.Warning));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((null, null), (_health.Error?.ToString(), _health.Warning));
    }

    [Fact]
    public void A_lasting_fault_is_not_hidden_by_successful_writes()
    {
        for (var second = 0; second < 60; second++)
        {
            _health.Failed(StorageUse.Commit, Full, new IOException());
            _health.Succeeded(StorageUse.Commit);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("The database is full. Free space.", _health.Error?.ToString());
        }

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Null(_health.Error);
    }

    [Fact]
    public void Reads_that_work_do_not_hide_commits_that_fail()
    {
        _health.Failed(StorageUse.Commit, Full, new IOException());
        _time.Advance(TimeSpan.FromHours(1));
        _health.Succeeded(StorageUse.Read);

        Assert.Equal("The database is full. Free space.", _health.Error?.ToString());
    }

    [Fact]
    public void The_log_has_the_cause_when_it_begins_once_a_minute_and_the_end()
    {
        for (var second = 0; second < 90; second++)
        {
            _health.Failed(StorageUse.Commit, Busy, new TimeoutException("the cause"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _health.Failed(StorageUse.Commit, Full, new IOException("another cause"));
        _time.Advance(TimeSpan.FromMinutes(1));
        _health.Succeeded(StorageUse.Commit);
        _health.Succeeded(StorageUse.Commit);

        Assert.Equal(
            [
                ("A Commit of the storage failed. The database is busy. Wait.", "the cause"),
                ("A Commit of the storage failed. The database is busy. Wait.", "the cause"),
                ("A Commit of the storage failed. The database is full. Free space.", "another cause"),
                ("The storage works again: a Commit succeeded", null),
            ],
            _log.Written);
    }

    [Fact]
    public void Each_missing_table_is_named_once_a_minute_and_other_tables_end_no_outage()
    {
        for (var second = 0; second < 120; second++)
        {
            _health.Failed(StorageUse.Read, Full, new IOException("no table a"));
            _health.Succeeded(StorageUse.Read);
            _health.Failed(StorageUse.Read, Full, new IOException("no table b"));
            _health.Succeeded(StorageUse.Read);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        (string, string?)[] minute =
        [
            ("A Read of the storage failed. The database is full. Free space.", "no table a"),
            ("A Read of the storage failed. The database is full. Free space.", "no table b"),
        ];
        Assert.Equal([.. minute, .. minute], _log.Written);

        _time.Advance(TimeSpan.FromSeconds(59));
        _health.Succeeded(StorageUse.Read);
        Assert.Equal([.. minute, .. minute, ("The storage works again: a Read succeeded", null)], _log.Written);
    }

    [Fact]
    public void A_fault_that_passes_and_returns_is_logged_once_a_minute()
    {
        for (var turn = 0; turn < 100; turn++)
        {
            _health.Failed(StorageUse.Commit, Busy, new TimeoutException("the cause"));
            _health.Succeeded(StorageUse.Commit);
        }

        Assert.Equal(
            [
                ("A Commit of the storage failed. The database is busy. Wait.", "the cause"),
                ("The storage works again: a Commit succeeded", null),
            ],
            _log.Written);
    }

    [Fact]
    public void A_fault_that_passes_ends_none_that_stays()
    {
        _health.Failed(StorageUse.Commit, Full, new IOException());
        _health.Failed(StorageUse.Commit, Busy, new TimeoutException());
        _health.Succeeded(StorageUse.Commit);

        Assert.Equal("The database is full. Free space.", _health.Error?.ToString());
        Assert.DoesNotContain(_log.Written, line => line.Item1.Contains("works again", StringComparison.Ordinal));
    }

    [Fact]
    public void Faults_by_turns_are_logged_once_a_minute_each()
    {
        for (var turn = 0; turn < 100; turn++)
        {
            _health.Failed(StorageUse.Commit, Busy, new TimeoutException("the cause"));
            _health.Failed(StorageUse.Commit, Full, new IOException("another cause"));
        }

        Assert.Equal(2, _log.Written.Count);
    }

    [Fact]
    public void Causes_that_contain_values_do_not_fill_the_log()
    {
        for (var number = 0; number < 1_000; number++)
            _health.Failed(StorageUse.Read, Full, new IOException($"no row {number}"));

        Assert.Equal(16, _log.Written.Count);
    }

    [Fact]
    public void What_the_operator_permitted_is_a_warning()
    {
        _health.NotDurable = "The storage is not durable.";

        Assert.Equal((null, "The storage is not durable."), (_health.Error?.ToString(), _health.Warning));
    }

    private sealed class Lines : ILogger
    {
        public List<(string, string?)> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add((formatter(state, exception), exception?.Message));
    }
}
