using k8s;
using k8s.Models;

namespace NotifyHub.DeployTests;

/// <summary>The Prometheus operator's resource for the pods to scrape, as far as NotifyHub uses it.</summary>
internal sealed class PodMonitor : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PodMonitorSpec Spec { get; set; } = new();
}

internal sealed class PodMonitorSpec
{
    public string JobLabel { get; set; } = "";

    public V1LabelSelector Selector { get; set; } = new();

    public IList<PodMetricsEndpoint> PodMetricsEndpoints { get; set; } = [];
}

internal sealed class PodMetricsEndpoint
{
    public string Port { get; set; } = "";

    public string Interval { get; set; } = "";
}
