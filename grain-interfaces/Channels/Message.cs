namespace NotifyHub.GrainInterfaces;

/// <summary>A message of a channel as it stands in the log. Never changes once written.</summary>
/// <param name="Offset">Its place in the log, from 1. 0 for one that is not stored.</param>
/// <param name="Payload">UTF-8 JSON, exactly the text frame that a client without a subprotocol gets.</param>
/// <param name="IsNotification">The payload is <c>{"type":"new_notification","data":…}</c> around a REST notification.</param>
/// <param name="Part">Of a channel other than <c>all</c>: its name, and what its message has beside the payload.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Message")]
public sealed record Message(
    [property: Id(0)] long Offset,
    [property: Id(1)] byte[] Payload,
    [property: Id(2)] bool IsNotification,
    [property: Id(3)] ChannelPart? Part = null);
