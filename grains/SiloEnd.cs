using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Storage;
using Orleans.Configuration;

namespace NotifyHub.Grains;

/// <summary>
/// Bounds how long a silo may take to end. It writes to the membership table that it leaves and that it is gone, and Orleans
/// tries each for a minute, which is longer than process managers wait. When the database is down neither can be written, nor can
/// anything that a grain still has to store: then neither is waited for, and the other silos declare this one dead when they can
/// vote again.
/// </summary>
public static partial class SiloEnd
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>For each of the two entries: enough when several silos end at the same moment and conflict.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(8);

    /// <summary>Over before the first try. Neither zero nor -1 ms, which Orleans takes for "as long as it takes".</summary>
    private static readonly TimeSpan NoTime = TimeSpan.FromTicks(-1);

    /// <summary>Without the database: for the grains to end, and once more for disposal. A query without an answer would hold up
    /// either for 15 s and more.</summary>
    private static readonly TimeSpan GrainTime = TimeSpan.FromSeconds(3);

    /// <summary>Runs a silo of a cluster until it is asked to end, and ends it.</summary>
    /// <param name="silo">Not started.</param>
    /// <param name="onServing">What is to happen once it serves; an exception ends it.</param>
    public static async Task RunSiloAsync(this IHost silo, Action onServing)
    {
        await silo.StartAsync();
        onServing();
        var stopping = silo.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var fault = await silo.Services.GetRequiredService<Database>().CheckWithinAsync(CheckTimeout, TimeProvider.System);
        // The one setting that bounds every change of a silo's own entry; it is read again for each.
        silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value.MaxJoinAttemptTime =
            fault is null ? LeaveTime : NoTime;
        // In any case the host's own limit holds as well, 30 s.
        using var limit = new CancellationTokenSource(fault is null ? Timeout.InfiniteTimeSpan : GrainTime);
        if (fault is not null)
        {
            LogMembershipNotUpdated(
                silo.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SiloEnd)), fault.ToString());
        }


        await silo.StopAsync(limit.Token);
        if (fault is null) return;
        _ = Task.Delay(GrainTime, CancellationToken.None).ContinueWith(_ => Environment.Exit(0), TaskScheduler.Default);
    }

    [LoggerMessage(1601, LogLevel.Warning, "This silo stops without updating the membership table: {Error}")]
    private static partial void LogMembershipNotUpdated(ILogger logger, string error);
}
