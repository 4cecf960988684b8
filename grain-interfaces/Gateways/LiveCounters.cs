namespace NotifyHub.GrainInterfaces;

/// <summary>What a session has sent and received so far.</summary>
/// <param name="Sent">Messages from the server to the client; control frames are not counted.</param>
/// <param name="Received">Messages from the client.</param>
/// <param name="Errors">Messages from the client that were answered with an error.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LiveCounters")]
public sealed record LiveCounters(
    [property: Id(0)] string ConnectionId,
    [property: Id(1)] long Sent,
    [property: Id(2)] long Received,
    [property: Id(3)] int Errors,
    [property: Id(4)] string? LastError,
    [property: Id(5)] DateTimeOffset? LastPingAt);
