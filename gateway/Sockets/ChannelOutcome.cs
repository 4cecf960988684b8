namespace NotifyHub.Gateway.Sockets;

/// <summary>One channel of a <c>subscribed</c> answer.</summary>
/// <param name="Channel">The name or pattern.</param>
/// <param name="Offset">No message of the channel has a greater one; null of a pattern.</param>
/// <param name="IsRecovered">Everything that was retained behind its place follows.</param>
/// <param name="Gap">What may have been there and is no longer retained; null: nothing.</param>
public sealed record ChannelOutcome(string Channel, long? Offset, bool IsRecovered, (long From, long To)? Gap);
