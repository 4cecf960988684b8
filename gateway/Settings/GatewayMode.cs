using System.ComponentModel.DataAnnotations;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Gateway.Settings;

public enum GatewayMode
{
    Embedded,
    Cluster,
}
