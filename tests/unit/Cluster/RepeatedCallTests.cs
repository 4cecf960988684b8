using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Cluster;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class RepeatedCallTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<double> _calls = [];

    [Fact]
    public async Task Retries_after_a_failure_are_soon_and_then_less_often()
    {
        await RepeatAsync(10, answers: [false, false, false, false, true, true, false]);

        Assert.Equal([0, 0.25, 0.75, 1.75, 2.75, 7.75, 12.75, 13, 18, 23], _calls);
    }

    [Fact]
    public async Task A_slow_call_is_followed_by_the_next_without_delay()
    {
        await RepeatAsync(4, answers: [true, false, true, true], duration: TimeSpan.FromSeconds(6));

        Assert.Equal([0, 6, 12, 18], _calls);
    }

    /// <summary>Calls after the last given answer succeed.</summary>
    private async Task RepeatAsync(int calls, bool[] answers, TimeSpan duration = default)
    {
        var begun = _clock.GetTimestamp();
        using var end = new CancellationTokenSource();
        var repeated = new RepeatedCall(TimeSpan.FromSeconds(5), _clock).RunAsync(
            _ =>
            {
                _calls.Add(_clock.GetElapsedTime(begun).TotalSeconds);
                if (_calls.Count == calls) end.Cancel();
                if (duration > TimeSpan.Zero) _clock.Advance(duration);
                return Task.FromResult(_calls.Count > answers.Length || answers[_calls.Count - 1]);
            },
            end.Token);
        while (!repeated.IsCompleted) _clock.Advance(TimeSpan.FromMilliseconds(250));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => repeated);
    }
}
