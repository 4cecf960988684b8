using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>What all calls to the silos have in common.</summary>
public static class GridCalls
{
    /// <summary>A call to a silo that has died is lost and gets no answer. Calls that are safe to repeat are repeated after this
    /// long, while the gateway's lease still runs.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);

    /// <summary>The grid cannot do it now, for a reason that passes: the caller may try again.</summary>
    public static bool IsTransient(Exception exception) => exception
        is StorageUnavailableException
        or ChannelBusyException
        or TimeoutException
        or OrleansException
        // Where the caller's own cancellation was ruled out: the connection to a silo ended under the call.
        or OperationCanceledException
        // Thrown by a gateway that has not met its silos yet: it knows no grains.
        or ArgumentException { Source: "Orleans.Core" };
}
