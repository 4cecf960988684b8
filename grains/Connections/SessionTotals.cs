
namespace NotifyHub.Grains.Connections;

/// <param name="LastConnectionAt">UTC of the newest session's start.</param>
public sealed record SessionTotals(long Active, long Total, DateTimeOffset? LastConnectionAt);
