using System.ComponentModel.DataAnnotations;
using NotifyHub.Grains.Settings;

namespace NotifyHub.Gateway.Settings;

public enum GatewayMode
{
    Embedded,
    Cluster,
}
