namespace NotifyHub.Gateway.Settings;

public enum GatewayMode
{
    Embedded,
    Cluster,
}
