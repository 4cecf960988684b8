namespace NotifyHub.GrainInterfaces;

public static class RunStatus
{
    /// <summary>In progress: it is not listed before its outcome is known.</summary>
    public const string Started = "started";
    public const string Sent = "sent";
    public const string Skipped = "skipped";
    public const string Failed = "failed";
}
