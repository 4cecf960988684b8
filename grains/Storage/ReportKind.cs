namespace NotifyHub.Grains.Storage;

/// <summary>What gateways report. Each kind is numbered by itself.</summary>
internal static class ReportKind
{
    public const string Sessions = "sessions";
    public const string Deliveries = "deliveries";
    public const string Usage = "usage";
}
