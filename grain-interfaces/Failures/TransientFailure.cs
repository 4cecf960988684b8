namespace NotifyHub.GrainInterfaces;

/// <summary>Distinguishes transient failures from permanent ones.</summary>
public static class TransientFailure
{
    /// <summary>The grid cannot do it now, for a reason that passes: the call may be made again.</summary>
    public static bool Is(Exception exception) => exception is not StorageBrokenException && IsOutage(exception);

    /// <summary>The fault is in the grid or its storage, not in the call. It may last until an operator acts: whoever can wait
    /// keeps the work and does it when the fault is over.</summary>
    public static bool IsOutage(Exception exception) => exception
        is StorageUnavailableException
        or ChannelBusyException
        or TimeoutException
        or OrleansException
        // The connection to a silo ended during the call. Whoever cancels calls asks first whether it did so itself.
        or OperationCanceledException;
}
