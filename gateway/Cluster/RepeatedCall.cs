namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Repeats a call to the grid until it is cancelled: at an interval while the call succeeds, and with a growing delay while it
/// fails. Both are measured from the beginning of the call.
/// </summary>
internal sealed class RepeatedCall(TimeSpan interval, TimeProvider time)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>A lease of 5 s must allow for several tries.</summary>
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(1);

    /// <param name="call">Returns false if it failed. What it throws ends the repetition.</param>
    /// <exception cref="OperationCanceledException">The repetition was cancelled.</exception>
    public async Task RunAsync(Func<CancellationToken, Task<bool>> call, CancellationToken cancellation)
    {
        var retry = FirstRetry;
        while (true)
        {
            var begun = time.GetTimestamp();
            var delay = interval;
            if (await call(cancellation)) retry = FirstRetry;
            else (delay, retry) = (retry, retry * 2 < MaxRetry ? retry * 2 : MaxRetry);
            cancellation.ThrowIfCancellationRequested();
            var rest = delay - time.GetElapsedTime(begun);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, time, cancellation);
        }
    }
}
