using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.TestKit;
using Xunit;
using k8s.Models;

namespace NotifyHub.DeployTests;

/// <summary>The manifests against the programs: settings exist, probed paths exist, grace periods are long enough.</summary>
public sealed partial class WorkloadTests
{
    public static TheoryData<string> Overlays => ["base", "overlays/local", "overlays/production"];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_object_is_in_the_namespace_and_known_as_a_part_of_it(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.NotEmpty(overlay.Objects);
        Assert.All(overlay.Objects.Cast<IMetadata<V1ObjectMeta>>(), one =>
        {
            Assert.Equal("notifyhub", one is V1Namespace ? one.Metadata.Name : one.Metadata.NamespaceProperty);
            Assert.Equal("notifyhub", one.Metadata.Labels["app.kubernetes.io/part-of"]);
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_variable_is_a_setting_of_the_program_and_has_a_value_that_it_takes(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.Empty(Faults(overlay, "gateway", typeof(GatewayOptions)));
        Assert.Empty(Faults(overlay, "silo", typeof(SiloOptions)));
        Assert.Equal(GatewayMode.Cluster, GatewaySettings(overlay).Mode);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_port_of_a_container_is_one_that_the_program_listens_on(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var gateway = GatewaySettings(overlay);
        var silo = SiloSettings(overlay);

        Assert.Equal(
            [("http", gateway.WebSocketPort), ("push", gateway.PushPort), ("console", gateway.ConsolePort),
                ("health", gateway.HealthPort), ("metrics", gateway.MetricsPort)],
            Ports(overlay, "gateway"));
        Assert.Equal(
            [("silo", silo.SiloPort), ("gateways", silo.GatewayPort), ("health", silo.HealthPort), ("metrics", silo.MetricsPort)],
            Ports(overlay, "silo"));
        // On loopback nothing could reach them.
        Assert.Equal(("*", "*", "*"), (gateway.PushAddress, gateway.MetricsAddress, silo.MetricsAddress));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_gateways_silos_are_the_headless_service_at_the_port_that_silos_open_for_them(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var service = overlay.Named<V1Service>("notifyhub-silo");
        var silo = SiloSettings(overlay);

        Assert.Equal([$"{service.Metadata.Name}:{silo.GatewayPort}"], GatewaySettings(overlay).Silos);
        Assert.Equal("None", service.Spec.ClusterIP);
        // Otherwise the name would be empty while the database is down, and that answer would be cached.
        Assert.True(service.Spec.PublishNotReadyAddresses);
        Assert.Equal(["10.1.2.3"], [silo.AdvertisedAddress]);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_probe_asks_an_endpoint_that_the_program_has_at_a_port_that_it_opens(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        // The routes that the programs map, from their source.
        var routes = new Dictionary<string, string[]>
        {
            ["gateway"] = [
                .. MappedRoute().Matches(Checkout.Read("gateway/Api/HealthEndpoints.cs")).Select(match => match.Groups[1].Value)],
            ["silo"] = [.. MappedRoute().Matches(Checkout.Read("silo/Program.cs")).Select(match => match.Groups[1].Value)],
        };

        foreach (var (container, port) in new[] { ("gateway", "health"), ("silo", "health") })
        {
            var probed = Container(overlay, container);
            Assert.All([probed.StartupProbe, probed.LivenessProbe, probed.ReadinessProbe], probe =>
            {
                Assert.Contains(probe.HttpGet.Path, routes[container]);
                Assert.Equal(port, probe.HttpGet.Port.Value);
            });
            // A restart repairs no database, so liveness must not depend on it.
            Assert.Equal("/health/live", probed.LivenessProbe.HttpGet.Path);
            Assert.Equal("/health/ready", probed.ReadinessProbe.HttpGet.Path);
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Kubernetes_waits_for_as_long_as_an_orderly_end_may_take(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var gateway = overlay.Named<V1Deployment>("notifyhub-gateway").Spec.Template.Spec;
        var silo = overlay.Named<V1Deployment>("notifyhub-silo").Spec.Template.Spec;
        var settings = GatewaySettings(overlay);
        var before = TimeSpan.FromSeconds(gateway.Containers.Single().Lifecycle.PreStop.Sleep.Seconds);

        Assert.True(TimeSpan.FromSeconds(gateway.TerminationGracePeriodSeconds!.Value) > before + Drain.Limit(settings));
        Assert.True(TimeSpan.FromSeconds(silo.TerminationGracePeriodSeconds!.Value) > new HostOptions().ShutdownTimeout);
        // Long enough for a probe to notice.
        Assert.True(settings.DrainDelay >= TimeSpan.FromSeconds(gateway.Containers.Single().ReadinessProbe.PeriodSeconds!.Value));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_container_runs_without_rights_that_it_does_not_need(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.All(overlay.Pods, pod =>
        {
            Assert.False(pod.Spec.AutomountServiceAccountToken);
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
            Assert.NotEqual(0, pod.Spec.SecurityContext.RunAsUser);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            Assert.All(pod.Spec.Containers, container =>
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.NotNull(container.Resources.Requests["cpu"]);
                Assert.NotNull(container.Resources.Requests["memory"]);
                Assert.NotNull(container.Resources.Limits["memory"]);
            });
        });
    }

    [Theory]
    [InlineData("overlays/local")]
    [InlineData("overlays/production")]
    public async Task Every_image_names_its_version(string name)
    {
        var overlay = await Overlay.RenderAsync(name);

        Assert.All(overlay.Pods.SelectMany(pod => pod.Spec.Containers), container =>
            Assert.Matches(@"(:\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})$", container.Image));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Ingress_keeps_a_connection_for_longer_than_two_pings_are_apart(string name)
    {
        var overlay = await Overlay.RenderAsync(name);
        var annotations = overlay.Of<V1Ingress>().Single().Metadata.Annotations;
        var min = 2 * GatewaySettings(overlay).PingInterval;

        Assert.True(TimeSpan.FromHours(int.Parse(annotations["haproxy.org/timeout-tunnel"].TrimEnd('h'), null)) > min);
        Assert.True(TimeSpan.FromSeconds(int.Parse(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"], null)) > min);
        Assert.True(TimeSpan.FromSeconds(int.Parse(annotations["nginx.ingress.kubernetes.io/proxy-send-timeout"], null)) > min);
    }

    private static string[] Faults(Overlay overlay, string container, Type options) =>
        [.. overlay.Environment(Container(overlay, container)).Select(one => KnownSettings.Fault(one.Key, one.Value, options))
            .OfType<string>()];

    private static GatewayOptions GatewaySettings(Overlay overlay) =>
        KnownSettings.Bind<GatewayOptions>(overlay.Environment(Container(overlay, "gateway")));

    private static SiloOptions SiloSettings(Overlay overlay) =>
        KnownSettings.Bind<SiloOptions>(overlay.Environment(Container(overlay, "silo")));

    private static V1Container Container(Overlay overlay, string name) =>
        overlay.Pods.SelectMany(pod => pod.Spec.Containers).Single(one => one.Name == name);

    private static IEnumerable<(string, int)> Ports(Overlay overlay, string container) =>
        Container(overlay, container).Ports.Select(port => (port.Name, port.ContainerPort));

    [GeneratedRegex(@"Map\w+\(""(/[\w/]+)""")]
    private static partial Regex MappedRoute();
}
