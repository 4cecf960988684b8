namespace NotifyHub.Gateway.Channels;

/// <summary>Which messages of a channel are asked for.</summary>
/// <param name="Before">Only smaller offsets, the newest of those; null: no bound.</param>
/// <param name="Since">Only greater offsets, the oldest of those; null: no bound.</param>
/// <param name="Limit">1–500.</param>
public sealed record HistoryRange(long? Before, long? Since, int Limit);
