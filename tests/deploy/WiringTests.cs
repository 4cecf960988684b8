using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.TestKit;
using Xunit;
using k8s.Models;

namespace NotifyHub.DeployTests;

/// <summary>The manifests against each other: every reference resolves, and who can reach whom.</summary>
public sealed class WiringTests
{
    private static readonly Dictionary<string, string> Gateway = new() { ["app.kubernetes.io/name"] = "notifyhub-gateway" };
    private static readonly Dictionary<string, string> Silo = new() { ["app.kubernetes.io/name"] = "notifyhub-silo" };

    public static TheoryData<string> Overlays => WorkloadTests.Overlays;

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_selector_finds_the_pods_of_its_own_workload(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.All(overlay.Deployments, one => AssertFindsOnly(overlay, one.Spec.Selector.MatchLabels, one.Metadata.Name));
        Assert.All(
            overlay.Of<V1StatefulSet>(), one => AssertFindsOnly(overlay, one.Spec.Selector.MatchLabels, one.Metadata.Name));
        Assert.All(
            overlay.Of<V1PodDisruptionBudget>(),
            one => AssertFindsOnly(overlay, one.Spec.Selector.MatchLabels, one.Metadata.Name));
        Assert.All(overlay.Of<PodMonitor>(), one => AssertFindsOnly(overlay, one.Spec.Selector.MatchLabels, one.Metadata.Name));
        Assert.All(overlay.Of<V1Service>(), one => Assert.Single(overlay.Selected(one.Spec.Selector)));
        Assert.All(overlay.Pods, pod => Assert.All(
            pod.Spec.TopologySpreadConstraints ?? [],
            spread => Assert.Same(pod, Assert.Single(overlay.Selected(spread.LabelSelector.MatchLabels)))));
        Assert.All(
            overlay.Of<V1NetworkPolicy>().SelectMany(PodSelectors), selector => Assert.NotEmpty(overlay.Selected(selector)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_service_ingress_and_monitor_names_a_port_that_is_there(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.All(overlay.Of<V1Service>(), service => Assert.All(service.Spec.Ports, port =>
        {
            var target = Assert.Single(ContainerPorts(overlay, service.Spec.Selector), one => one.Name == port.TargetPort.Value);
            // The service and the container use the same number.
            Assert.Equal(target.ContainerPort, port.Port);
        }));
        Assert.All(overlay.Of<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(rule => rule.Http.Paths), path =>
            Assert.Contains(
                path.Backend.Service.Port.Name,
                overlay.Named<V1Service>(path.Backend.Service.Name).Spec.Ports.Select(port => port.Name)));
        Assert.All(overlay.Of<PodMonitor>(), monitor => Assert.All(monitor.Spec.PodMetricsEndpoints, endpoint =>
            Assert.Contains(
                endpoint.Port, ContainerPorts(overlay, monitor.Spec.Selector.MatchLabels).Select(port => port.Name))));
        foreach (var policy in overlay.Of<V1NetworkPolicy>())
        {
            var ports = (policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports).Select(port => port.Port.Value);
            var open = ContainerPorts(overlay, policy.Spec.PodSelector.MatchLabels ?? new Dictionary<string, string>());
            Assert.Empty(ports.Except(open.Select(port => port.Name)));
        }
    }

    [Theory]
    [InlineData("base")]
    [InlineData("overlays/production")]
    public async Task Autoscalers_scale_by_requested_cpu_and_shrink_slowly(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var scalers = overlay.Of<V2HorizontalPodAutoscaler>().ToList();

        Assert.Equal(["notifyhub-gateway", "notifyhub-silo"], scalers.Select(one => one.Spec.ScaleTargetRef.Name).Order());
        Assert.All(scalers, one =>
        {
            var target = overlay.Named<V1Deployment>(one.Spec.ScaleTargetRef.Name);
            // Otherwise every apply would undo the autoscaler's count.
            Assert.Null(target.Spec.Replicas);
            Assert.Equal("cpu", one.Spec.Metrics[0].Resource.Name);
            Assert.All(
                target.Spec.Template.Spec.Containers, container => Assert.True(container.Resources.Requests.ContainsKey("cpu")));
            Assert.True(one.Spec.MinReplicas >= 2);
            // One pod at a time, and only after the clients of the last one have reconnected.
            var down = Assert.Single(one.Spec.Behavior.ScaleDown.Policies);
            Assert.Equal(("Pods", 1), (down.Type, down.Value));
            Assert.True(down.PeriodSeconds > target.Spec.Template.Spec.TerminationGracePeriodSeconds);
        });
    }

    [Fact]
    public async Task What_the_monitors_scrape_is_the_job_that_the_alerts_name()
    {
        var overlay = await Overlay.RenderAsync("overlays/production");
        var jobs = overlay.Of<PodMonitor>()
            .Select(one => Assert.Single(overlay.Selected(one.Spec.Selector.MatchLabels)).Metadata.Labels[one.Spec.JobLabel]);

        Assert.All(jobs, job =>
        {
            Assert.Contains($"job_name: {job}\n", Checkout.Read("deploy/prometheus/prometheus.yml"), StringComparison.Ordinal);
            Assert.Contains($"job=\"{job}\"", Checkout.Read("deploy/prometheus/alerts.yml"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task In_production_the_gateways_are_also_scaled_by_their_connections()
    {
        var overlay = await Overlay.RenderAsync("overlays/production");
        var metric =
            overlay.Named<V2HorizontalPodAutoscaler>("notifyhub-gateway").Spec.Metrics.Single(one => one.Type == "Pods").Pods;

        Assert.Equal("AverageValue", metric.Target.Type);
        // The program's instrument under its Prometheus name: a unit in braces adds nothing.
        Assert.Contains(
            $"CreateObservableUpDownCounter(\"{metric.Metric.Name.Replace('_', '.')}\", active, \"{{connection}}\"",
            Checkout.Read("gateway/Telemetry/GatewayMetrics.cs"), StringComparison.Ordinal);
        // The adapter queries the metric under its Prometheus name.
        Assert.Contains(
            $"seriesQuery: {metric.Metric.Name}{{", Checkout.Read("k8s/components/connections-metric/adapter-rule.yaml"),
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Default_deny_and_each_port_is_open_only_where_needed(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var everybody = overlay.Named<V1NetworkPolicy>("nothing").Spec;
        Assert.Equal((0, "Ingress,Egress", 0, 0), (
            everybody.PodSelector.MatchLabels?.Count ?? 0, string.Join(',', everybody.PolicyTypes), everybody.Ingress?.Count ?? 0,
            everybody.Egress?.Count ?? 0));

        Assert.Equal(["anybody"], WhoReaches(overlay, "gateway", "http"));
        Assert.Equal(["anybody"], WhoReaches(overlay, "gateway", "console"));
        Assert.Equal(["namespace notifyhub/push=allowed"], WhoReaches(overlay, "gateway", "push"));
        Assert.Equal(["pods notifyhub-silo"], WhoReaches(overlay, "silo", "silo"));
        Assert.Equal(["pods notifyhub-gateway", "pods notifyhub-silo"], WhoReaches(overlay, "silo", "gateways"));
        Assert.Equal(["namespace kubernetes.io/metadata.name=monitoring"], WhoReaches(overlay, "gateway", "metrics"));
        Assert.Equal(["namespace kubernetes.io/metadata.name=monitoring"], WhoReaches(overlay, "silo", "metrics"));
        // Only the node's own probes, which no policy blocks.
        Assert.Empty(WhoReaches(overlay, "gateway", "health"));
        Assert.Empty(WhoReaches(overlay, "silo", "health"));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_gateways_believe_the_ingress_controller_who_is_calling_and_not_everybody(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var container = Assert.Single(overlay.Selected(Gateway)).Spec.Containers.Single();
        var trusted = KnownSettings.Bind<GatewayOptions>(overlay.Environment(container)).TrustedProxies;

        Assert.NotEmpty(overlay.Of<V1Ingress>());
        Assert.NotEmpty(trusted);
        Assert.All(trusted, one =>
        {
            var network = Assert.NotNull(IpNetworks.Parse(one));
            Assert.True(network.PrefixLength >= 16, $"{one} is more than the pods of one cluster");
        });
        // The pod network of kind and minikube.
        Assert.Contains(trusted, one => IpNetworks.Parse(one)!.Value.Contains(System.Net.IPAddress.Parse("10.244.0.7")));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Only_silos_have_a_way_to_the_database(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.Equal(["silo"], overlay.Of<V1NetworkPolicy>()
            .Where(policy => (policy.Spec.Egress ?? [])
                .Any(rule => rule.Ports is null || rule.Ports.Any(port => port.Port.Value == "5432")))
            .Select(policy => policy.Metadata.Name));
        if (name == "overlays/local") Assert.Equal(["pods notifyhub-silo"], WhoReaches(overlay, "postgres", "postgres"));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Gateways_reach_the_port_that_silos_open_for_them_and_silos_both(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var silo = new SiloOptions();

        Assert.Equal([$"{silo.GatewayPort}"], ReachableAtSilos(overlay.Named<V1NetworkPolicy>("gateway")));
        Assert.Equal([$"{silo.SiloPort}", $"{silo.GatewayPort}"], ReachableAtSilos(overlay.Named<V1NetworkPolicy>("silo")));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Secrets_are_only_files_and_only_where_they_are_needed(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        string[] secrets = [.. KnownSettings.Secrets.Select(setting => $"NotifyHub__{setting}")];
        Assert.Contains("NotifyHub__JwtKey", secrets);
        Assert.Contains("NotifyHub__AdministratorPassword", secrets);
        Assert.Contains("NotifyHub__Storage", secrets);

        Assert.All(overlay.Of<V1ConfigMap>(), map => Assert.Empty(map.Data.Keys.Intersect(secrets)));
        Assert.All(overlay.Pods.SelectMany(pod => pod.Spec.Containers), container =>
        {
            Assert.Empty((container.Env ?? []).Select(variable => variable.Name).Intersect(secrets));
            Assert.All(container.EnvFrom ?? [], source => Assert.Null(source.SecretRef));
        });

        foreach (var (workload, labels) in new[] { ("notifyhub-gateway", Gateway), ("notifyhub-silo", Silo) })
        {
            var pod = Assert.Single(overlay.Selected(labels)).Spec;
            var volume = Assert.Single(pod.Volumes, volume => volume.Secret is not null);
            Assert.StartsWith(workload, volume.Secret.SecretName, StringComparison.Ordinal);
            var container = pod.Containers.Single();
            Assert.Equal(
                overlay.Environment(container)[$"NotifyHub__{nameof(GatewayOptions.SecretsFolder)}"],
                container.VolumeMounts.Single(mount => mount.Name == volume.Name).MountPath);
        }
    }

    [Fact]
    public async Task The_local_overlay_gives_the_gateways_their_key_alone_and_the_silos_the_rest()
    {
        var overlay = await Overlay.RenderAsync("overlays/local");

        Assert.Equal(["NotifyHub__JwtKey"], SecretOf(overlay, Gateway).Data.Keys);
        Assert.Equal(["NotifyHub__AdministratorPassword", "NotifyHub__Storage"], SecretOf(overlay, Silo).Data.Keys.Order());
    }

    [Fact]
    public async Task The_local_overlay_without_its_secrets_is_refused()
    {
        using var folder = new KustomizeFolder();

        var (exitCode, output, errors) = await folder.RenderAsync("overlays/local");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("secrets/NotifyHub__JwtKey", errors, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task The_production_overlay_brings_no_secret_and_says_which_it_needs()
    {
        var overlay = await Overlay.RenderAsync("overlays/production");
        var text = Checkout.Read("k8s/overlays/production/kustomization.yaml");

        Assert.Empty(overlay.Of<V1Secret>());
        Assert.All(overlay.Pods.SelectMany(pod => pod.Spec.Volumes).Where(volume => volume.Secret is not null),
            volume => Assert.Contains($"#   {volume.Secret.SecretName} ", text, StringComparison.Ordinal));
    }

    private static void AssertFindsOnly(Overlay overlay, IDictionary<string, string> labels, string workload) =>
        Assert.Equal(workload, Assert.Single(overlay.Selected(labels)).Metadata.Labels["app.kubernetes.io/name"]);

    private static IEnumerable<V1ContainerPort> ContainerPorts(Overlay overlay, IDictionary<string, string> labels) =>
        overlay.Selected(labels).SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Ports);

    private static IEnumerable<IDictionary<string, string>> PodSelectors(V1NetworkPolicy policy) =>
        (policy.Spec.Ingress ?? []).SelectMany(rule => rule.FromProperty ?? [])
            .Concat((policy.Spec.Egress ?? []).SelectMany(rule => rule.To ?? []))
            .Select(peer => peer.PodSelector?.MatchLabels)
            .Append(policy.Spec.PodSelector.MatchLabels)
            .OfType<IDictionary<string, string>>();

    private static IEnumerable<string> WhoReaches(Overlay overlay, string policy, string port) =>
        overlay.Named<V1NetworkPolicy>(policy).Spec.Ingress
            .Where(rule => rule.Ports.Any(one => one.Port.Value == port))
            .SelectMany(rule => rule.FromProperty is null ? ["anybody"] : rule.FromProperty.Select(Peer))
            .Order(StringComparer.Ordinal);

    private static string Peer(V1NetworkPolicyPeer peer) => peer.PodSelector is { } pods
        ? $"pods {pods.MatchLabels["app.kubernetes.io/name"]}"
        : "namespace " + string.Join(',', peer.NamespaceSelector.MatchLabels.Select(label => $"{label.Key}={label.Value}"));

    private static IEnumerable<string> ReachableAtSilos(V1NetworkPolicy policy) =>
        policy.Spec.Egress.Where(
            rule => rule.To?.Any(peer => peer.PodSelector is not null && Peer(peer) == "pods notifyhub-silo") == true)
            .SelectMany(rule => rule.Ports).Select(port => port.Port.Value);

    private static V1Secret SecretOf(Overlay overlay, Dictionary<string, string> labels) =>
        overlay.Named<V1Secret>(
            overlay.Selected(labels).Single().Spec.Volumes.Single(volume => volume.Secret is not null).Secret.SecretName);
}
