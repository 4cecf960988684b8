using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Cluster;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class UnresolvedSiloTests
{
    [Fact]
    public async Task A_misspelt_silo_is_logged_once_and_the_others_are_found()
    {
        using var log = new LogLines<SiloList>();
        await using var services = new ServiceCollection().BuildServiceProvider();
        var options = Options.Create(new NotifyHub.Gateway.Settings.GatewayOptions
        {
            Silos = ["misspelt.invalid:30000", "127.0.0.1:30000"],
        });
        var list = new SiloList(services, new GridContact(), options, TimeProvider.System, log);

        for (var i = 0; i < 2; i++) Assert.Equal("127.0.0.1", Assert.Single(await list.GetGateways()).Host);

        Assert.StartsWith(
            "Warning: The silo name misspelt.invalid cannot be resolved: ", Assert.Single(log.All), StringComparison.Ordinal);
    }
}
