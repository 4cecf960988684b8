using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NotifyHub.TestKit;

/// <summary>Waits for a named condition instead of a fixed time.</summary>
public static class Until
{
    /// <summary>The limit of every wait in tests: far longer than a busy machine needs, so only a fault reaches it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Waits until the condition holds; a timeout reports the condition and what was seen last.</summary>
    public static async Task TrueAsync(
        Func<Task<bool>> condition,
        Func<string>? seen = null,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > Limit)
                throw new TimeoutException($"Expected within {Limit}: {what}. Seen: {seen?.Invoke() ?? "(unknown)"}");
            await Task.Delay(10);
        }
    }

    public static Task TrueAsync(
        Func<bool> condition,
        Func<string>? seen = null,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), seen, what);
}
