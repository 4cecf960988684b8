using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Runs an attack twice and checks its effect on the process and on other clients.</summary>
internal static class Attack
{
    // Room for the garbage collector and the system's accounting; a leak of the second run exceeds it.
    private const long Slack = 48 << 20;

    /// <param name="attack">
    /// Must close all its connections. It runs twice, and only what the second run adds counts: the first one compiles code,
    /// fills pools and grows databases.
    /// </param>
    public static async Task RunAsync(NotifyHubProcess hub, Func<Task> attack)
    {
        var before = hub.ResidentBytes;
        await OnceAsync(hub, attack);
        var first = hub.ResidentBytes;
        var peak = await OnceAsync(hub, attack);
        await Until.TrueAsync(
            () => hub.ResidentBytes <= first + Slack, () => $"{hub.ResidentBytes} bytes, {first} after the first time");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Resident: {Mega(before)} before, {Mega(first)} after the first time, {Mega(peak)} at the peak of the second, "
            + $"{Mega(hub.ResidentBytes)} after it");
    }

    /// <summary>Returns the highest memory use that was seen.</summary>
    private static async Task<long> OnceAsync(NotifyHubProcess hub, Func<Task> attack)
    {
        long peak;
        await using (var bystander = await hub.ConnectAsync())
        {
            using var over = new CancellationTokenSource();
            var publishing = PublishAsync(hub, over.Token);
            var watching = PeakAsync(hub, over.Token);
            try
            {
                await attack();
            }
            finally
            {
                await over.CancelAsync();
            }

            peak = await watching;
            var published = await publishing;
            var seen = await bystander.NextUntilAsync(text => text == Numbered(published - 1));
            Assert.Equal(
                Enumerable.Range(0, published).Select(Numbered),
                seen.Where(text => text.StartsWith("""{"n":""", StringComparison.Ordinal)));
            await bystander.CloseAsync();
        }

        using var rest = hub.Rest();
        // The process answers, and counts no connection.
        await Until.TrueAsync(async () => (await rest.StatusAsync()).GetProperty("active_connections").GetInt64() == 0);
        return peak;
    }

    private static async Task<int> PublishAsync(NotifyHubProcess hub, CancellationToken over)
    {
        using var push = await hub.ConnectPushAsync();
        var number = 0;
        do Assert.Equal("ok", await push.PushAsync(Numbered(number++)));
        while (await GoesOnAsync(over));
        return number;
    }

    private static async Task<long> PeakAsync(NotifyHubProcess hub, CancellationToken over)
    {
        var peak = hub.ResidentBytes;
        while (!over.IsCancellationRequested)
        {
            await GoesOnAsync(over);
            peak = Math.Max(peak, hub.ResidentBytes);
        }

        return peak;
    }

    private static async Task<bool> GoesOnAsync(CancellationToken over)
    {
        await Task.Delay(20, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !over.IsCancellationRequested;
    }

    private static string Numbered(int number) => $$"""{"n":{{number}}}""";

    private static string Mega(long bytes) => $"{bytes / (1024.0 * 1024):F1} MiB";
}
