using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NotifyHub.TestKit;

/// <summary>Waits for a named condition instead of a length of time.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds; a timeout tells which one did not, and what was seen last.</summary>
    public static async Task TrueAsync(
        Func<Task<bool>> condition,
        Func<string>? seen = null,
        TimeSpan? patience = null,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (patience ?? Patience))
                throw new TimeoutException($"Expected within {patience ?? Patience}: {what}. Seen: {seen?.Invoke() ?? "(not told)"}");
            await Task.Delay(10);
        }
    }

    public static Task TrueAsync(
        Func<bool> condition,
        Func<string>? seen = null,
        TimeSpan? patience = null,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), seen, patience, what);
}
