using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Takes a message of a channel back.</summary>
/// <param name="Offset">The message.</param>
/// <param name="Retention">How long the message is kept, and so the news that it was taken back.</param>
public sealed record Retraction(string Channel, long Offset, Retention Retention);
