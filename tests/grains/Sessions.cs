using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests;

/// <summary>Sessions as a gateway reports them.</summary>
public static class Sessions
{
    public static SessionOpened Open(string id, DateTimeOffset? at = null) =>
        new(id, "192.0.2.1", "agent/1.0", "", at ?? DateTimeOffset.UtcNow);

    public static SessionClosed Close(
        string id, DateTimeOffset? at = null, bool abnormal = false, int errors = 0, string reason = "bye",
        string? lastError = null) =>
        new(new LiveCounters(id, 3, 2, errors, lastError, null), at ?? DateTimeOffset.UtcNow, abnormal, reason);

    public static LiveCounters Counters(string id, long sent) => new(id, sent, 1, 0, null, DateTimeOffset.UnixEpoch);
}
