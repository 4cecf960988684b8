namespace NotifyHub.Gateway.Channels;

/// <summary>A place in the channel's log as it was at one moment.</summary>
public readonly record struct LogPlace(ChannelLog Log, LogHead Head);
