using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>What was read of a log: all that is retained above one offset, up to another.</summary>
public sealed record LogPage(Message[] Messages, long From, long To);
