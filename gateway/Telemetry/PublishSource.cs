namespace NotifyHub.Gateway.Telemetry;

/// <summary>Where a message was published: a label of the metrics.</summary>
public static class PublishSource
{
    public const string Tcp = "tcp";
    public const string Rest = "rest";
    public const string Socket = "socket";
}
