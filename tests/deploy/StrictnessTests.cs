using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using Xunit;
using YamlDotNet.Core;
using k8s;

namespace NotifyHub.DeployTests;

/// <summary>The checks detect the errors that they are for.</summary>
public sealed class StrictnessTests
{
    [Fact]
    public void A_field_that_Kubernetes_does_not_know_is_an_error() =>
        Assert.Throws<YamlException>(() => KubernetesYaml.LoadAllFromString(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: any }
            spec: { replica: 2 }
            """,
            strict: true));

    [Theory]
    [InlineData("NotifyHub__Mode", "Cluster", null)]
    [InlineData("NotifyHub__Silos__0", "silo:30000", null)]
    [InlineData("OTEL_SERVICE_NAME", "any", null)]
    [InlineData("NotifyHub__Mode", "Cloud", "NotifyHub__Mode: ")]
    [InlineData("NotifyHub__DrainWindow", "60s", null)]
    [InlineData("NotifyHub__DrainWindow", "60", "NotifyHub__DrainWindow: ")]
    [InlineData("NotifyHub__Silos", "silo:30000", "NotifyHub__Silos: needs an index")]
    [InlineData("NotifyHub__Mode__0", "Cluster", "NotifyHub__Mode__0: is not a list")]
    [InlineData("NotifyHub__Drainwindow", "00:01:00", "NotifyHub__Drainwindow: GatewayOptions has no such setting")]
    [InlineData("NotifyHub__RetentionAge", "1.00:00:00", "NotifyHub__RetentionAge: GatewayOptions has no such setting")]
    [InlineData("NOTIFYHUB_MODE", "Cluster", "NOTIFYHUB_MODE: no program reads it")]
    public void A_variable_that_a_gateway_does_not_understand_is_named(string variable, string value, string? fault)
    {
        var found = KnownSettings.Fault(variable, value, typeof(GatewayOptions));

        if (fault is null) Assert.Null(found);
        else Assert.StartsWith(fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silo_gets_no_settings_of_gateways() =>
        Assert.NotNull(KnownSettings.Fault("NotifyHub__PushAddress", "*", typeof(SiloOptions)));
}
