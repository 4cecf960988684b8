using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Network;

/// <summary>What holds for every call to the grid.</summary>
public static class GridCall
{
    /// <summary>A call to a silo that has died is lost without an error. It is made again while the gateway's lease still runs,
    /// so only calls that can be repeated without harm have this timeout.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>The grid cannot do it now, for a reason that passes: the call may be made again.</summary>
    public static bool IsUnavailable(Exception exception) => TransientFailure.Is(exception) || IsWithoutSilos(exception);

    /// <summary>The fault is in the grid or its storage, not in the call, and may last until an operator acts.</summary>
    public static bool IsOutage(Exception exception) => TransientFailure.IsOutage(exception) || IsWithoutSilos(exception);

    /// <summary>One line for the log.</summary>
    public static string Describe(Exception failure) =>
        IsWithoutSilos(failure) ? "no silo has answered yet" : failure.Message.Split('\n')[0].Trim();

    /// <summary>The gateway has not met its silos yet, so it knows no grains.</summary>
    private static bool IsWithoutSilos(Exception exception) => exception is ArgumentException { Source: "Orleans.Core" };
}
