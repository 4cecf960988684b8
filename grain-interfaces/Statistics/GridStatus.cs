namespace NotifyHub.GrainInterfaces;

/// <param name="StorageError">Null when the database answers.</param>
/// <param name="StorageWarning">What an operator should know although the database works; null: nothing.</param>
/// <param name="LastConnectionAt">UTC of the newest session's start.</param>
/// <param name="Loss">The newest loss of acknowledged messages that was found within the last day; null when there was
/// none.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.GridStatus")]
public sealed record GridStatus(
    [property: Id(0)] long ActiveConnections,
    [property: Id(1)] long TotalConnections,
    [property: Id(2)] DateTimeOffset? LastConnectionAt,
    [property: Id(3)] NodeStatus[] Nodes,
    [property: Id(4)] StorageError? StorageError,
    [property: Id(5)] LogLoss? Loss = null,
    [property: Id(6)] string? StorageWarning = null);
