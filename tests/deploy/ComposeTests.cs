using System.Globalization;
using System.Text.RegularExpressions;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.DeployTests;

/// <summary>docker-compose.yml and the files that it mounts, checked against the programs and the guide.</summary>
public sealed partial class ComposeTests
{
    private readonly ComposeFile _compose = ComposeFile.Read();

    private ComposeService Backend => _compose.Services["backend"];

    private ComposeService Silo => _compose.Services["silo"];

    [Fact]
    public void It_runs_two_gateways_and_two_silos_over_postgres_and_what_watches_them()
    {
        Assert.Equal(
            ["backend", "grafana", "otel-collector", "postgres", "prometheus", "proxy", "silo"],
            _compose.Services.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((2, "gateway"), (Backend.Deploy.Replicas, Backend.Build!.Target));
        Assert.Equal((2, "silo"), (Silo.Deploy.Replicas, Silo.Build!.Target));
    }

    [Fact]
    public void Every_variable_is_a_setting_of_the_program_and_has_a_value_that_it_takes()
    {
        Assert.Empty(Faults(Backend, typeof(GatewayOptions)));
        Assert.Empty(Faults(Silo, typeof(SiloOptions)));
        Assert.Equal(GatewayMode.Cluster, GatewaySettings.Mode);
        Assert.Equal([$"silo:{new SiloOptions().GatewayPort}"], GatewaySettings.Silos);
    }

    [Fact]
    public void The_guides_ports_are_published_on_loopback_and_lead_to_the_gateways()
    {
        Assert.Equal(
            ["127.0.0.1:3000:3000", "127.0.0.1:8080:8080", "127.0.0.1:8081:8081"],
            _compose.Services["proxy"].Ports.Select(ComposeFile.WithDefaults).Order(StringComparer.Ordinal));
        // Besides the proxy, only web pages are published, and only on loopback.
        Assert.All(_compose.Services.Where(one => one.Key != "proxy").SelectMany(one => one.Value.Ports),
            port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));

        var servers = ServerTemplate().Matches(Checkout.Read("deploy/haproxy/haproxy.cfg"))
            .Select(match => (match.Groups[1].Value, Number(match.Groups[2])));
        Assert.Equal(
            [("backend", GatewaySettings.ConsolePort), ("backend", GatewaySettings.WebSocketPort),
                ("backend", GatewaySettings.PushPort)],
            servers.Distinct().Order());
        Assert.Equal("*", GatewaySettings.PushAddress);
    }

    [Fact]
    public void The_proxys_checks_use_endpoints_that_the_gateways_have()
    {
        var proxy = Checkout.Read("deploy/haproxy/haproxy.cfg");
        var health = Checkout.Read("gateway/Api/HealthEndpoints.cs");

        Assert.All(
            CheckedPath().Matches(proxy),
            match => Assert.Contains($"\"{match.Groups[1].Value}\"", health, StringComparison.Ordinal));
        // The health port; the push port is probed too, because it is open only while the service runs.
        Assert.Equal(
            [GatewaySettings.PushPort, GatewaySettings.HealthPort],
            CheckedPort().Matches(proxy).Select(match => Number(match.Groups[1])).Order());
        Assert.NotEqual(GatewaySettings.WebSocketPort, GatewaySettings.HealthPort);
        // A client is pinged at least twice in that time.
        Assert.True(TimeSpan.FromHours(Number(TunnelHours().Match(proxy).Groups[1])) > 2 * GatewaySettings.PingInterval);
    }

    [Fact]
    public void The_proxys_log_has_no_query_in_which_a_WebSocket_may_have_its_token()
    {
        var proxy = Checkout.Read("deploy/haproxy/haproxy.cfg");

        // All of these would log the query: the standard format, the request line, the URI with query, and the query.
        Assert.DoesNotContain("option httplog", proxy, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"%(\{[^}]*\})?(r|HUO?|HQ)\b", LogFormat().Match(proxy).Groups[1].Value);
        Assert.Contains("%HPO", LogFormat().Match(proxy).Groups[1].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Prometheus_scrapes_every_gateway_and_silo_at_the_port_that_they_open()
    {
        var targets = ScrapedService().Matches(Checkout.Read("deploy/prometheus/prometheus.yml"))
            .Select(match => (match.Groups[1].Value, Number(match.Groups[2])));

        Assert.Equal([("backend", GatewaySettings.MetricsPort), ("silo", SiloSettings.MetricsPort)], targets);
        // On loopback Prometheus could not reach it.
        Assert.Equal(("*", "*"), (GatewaySettings.MetricsAddress, SiloSettings.MetricsAddress));
    }

    [Fact]
    public void A_missing_secret_is_an_error_with_remedy()
    {
        Assert.Equal(5, _compose.Secrets.Count);
        Assert.All(
            _compose.Secrets.Values,
            secret => Assert.Matches(@"^\$\{NOTIFYHUB_SECRETS:\?[^}]*scripts/make-secrets[^}]*\}/[\w-]+$", secret.File));
        // The script creates exactly these secrets.
        var script = Checkout.Read("scripts/make-secrets");
        Assert.All(
            _compose.Secrets.Values,
            secret => Assert.Contains($"\nmake {Path.GetFileName(secret.File)} ", script, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_secret_is_a_file_only_for_its_services()
    {
        Assert.Equal(["NotifyHub__JwtKey"], Backend.SecretFiles.Values);
        Assert.Equal(["NotifyHub__Storage", "NotifyHub__AdministratorPassword"], Silo.SecretFiles.Values);
        Assert.All(
            Backend.SecretFiles.Concat(Silo.SecretFiles),
            one => Assert.Equal(one.Value, Path.GetFileName(_compose.Secrets[one.Key].File)));
        Assert.Equal(
            ["/run/secrets", "/run/secrets"], [GatewaySettings.SecretsFolder, Silo.Environment["NotifyHub__SecretsFolder"]]);

        var secrets = KnownSettings.Secrets.Select(setting => $"NotifyHub__{setting}").ToList();
        Assert.All(_compose.Services.Values, service =>
        {
            Assert.Empty(service.Environment.Keys.Intersect(secrets));
            Assert.DoesNotContain(service.Environment, one =>
                one.Key.Contains("PASSWORD", StringComparison.Ordinal)
                    && !one.Value.StartsWith("/run/secrets/", StringComparison.Ordinal));
            Assert.All(service.SecretFiles.Keys, secret => Assert.Contains(secret, _compose.Secrets.Keys));
        });
    }

    [Fact]
    public void Only_silos_share_a_network_with_the_database()
    {
        var network = Assert.Single(_compose.Services["postgres"].Networks);

        Assert.True(_compose.Networks[network]!.Internal);
        Assert.Equal(
            ["postgres", "silo"],
            _compose.Services.Where(one => one.Value.Networks.Contains(network)).Select(one => one.Key).Order());
    }

    [Fact]
    public void A_silo_advertises_its_address_in_the_shared_network()
    {
        var shared = Assert.Single(Silo.Networks.Intersect(Backend.Networks));

        Assert.Equal(
            _compose.Networks[shared]!.Ipam!.Config.Single()["subnet"], Silo.Environment["NotifyHub__AdvertisedAddress"]);
        Assert.True(
            System.Net.IPNetwork.TryParse(ComposeFile.WithDefaults(Silo.Environment["NotifyHub__AdvertisedAddress"]), out _));
    }

    [Fact]
    public void Docker_stops_in_order_and_waits_for_the_shutdown_limit()
    {
        Assert.True(Seconds(Backend.StopGracePeriod) > Drain.Limit(GatewaySettings));
        Assert.True(Seconds(Silo.StopGracePeriod) > new Microsoft.Extensions.Hosting.HostOptions().ShutdownTimeout);
        // A service stops before its dependencies.
        Assert.Contains("silo", Backend.Dependencies);
        Assert.Contains("postgres", Silo.Dependencies);
        Assert.All(
            _compose.Services.Values.SelectMany(service => service.Dependencies),
            one => Assert.Contains(one, _compose.Services.Keys));
    }

    [Fact]
    public void Every_service_restarts_with_limits_and_minimal_rights()
    {
        Assert.All(_compose.Services, one =>
        {
            Assert.Equal("unless-stopped", one.Value.Restart);
            Assert.True(one.Value.ReadOnly);
            Assert.Equal(["ALL"], one.Value.CapDrop);
            Assert.True(one.Value.CapAdd.Length == 0 || one.Key == "postgres");
            Assert.Contains("no-new-privileges:true", one.Value.SecurityOpt);
            Assert.NotNull(one.Value.Logging!.Options["max-size"]);
            // Images that are built here have a health check of their own; the collector's image has no program for one.
            Assert.True(one.Value.Healthcheck is not null || one.Value.Build is not null || one.Key == "otel-collector", one.Key);
        });
    }

    [Fact]
    public void Every_image_names_its_version() =>
        Assert.All(
            _compose.Services.Values, service => Assert.Matches(@":v?\d+\.\d+[\w.-]*$", ComposeFile.WithDefaults(service.Image)));

    [Fact]
    public void What_is_mounted_is_in_the_checkout_or_a_volume()
    {
        Assert.All(_compose.Services.Values.SelectMany(service => service.Volumes), volume =>
        {
            var source = volume.Split(':')[0];
            Assert.True(
                source.StartsWith("./", StringComparison.Ordinal) ? Checkout.Has(source) : _compose.Volumes.ContainsKey(source),
                volume);
        });
        Assert.All(
            _compose.Services.Values.SelectMany(service => service.Networks),
            network => Assert.Contains(network, _compose.Networks.Keys));
    }

    [Fact]
    public void The_gateways_trust_the_forwarded_address_of_the_proxy_only()
    {
        var network = Assert.Single(_compose.Services["proxy"].Networks);
        var proxy = System.Net.IPAddress.Parse(ComposeFile.WithDefaults(_compose.Services["proxy"].AddressIn(network)!));
        var addresses = _compose.Networks[network]!.Ipam!.Config.Single();

        Assert.Equal([proxy.ToString()], GatewaySettings.TrustedProxies);
        var options = new GatewayOptions { TrustedProxies = GatewaySettings.TrustedProxies };
        Assert.True(new GatewayOptionsCheck().Validate(null, options).Succeeded);
        Assert.True(System.Net.IPNetwork.Parse(ComposeFile.WithDefaults(addresses["subnet"])).Contains(proxy));
        // No dynamically addressed container can get the proxy's address.
        Assert.False(System.Net.IPNetwork.Parse(ComposeFile.WithDefaults(addresses["ip_range"])).Contains(proxy));
        Assert.Contains(network, Backend.Networks);

        // The proxy adds the client's address in every HTTP frontend.
        var fronts = Checkout.Read("deploy/haproxy/haproxy.cfg").Split("\nfrontend ")[1..]
            .Where(one => one.Contains("backend", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, fronts.Count);
        Assert.All(fronts, front => Assert.Contains("option forwardfor", front.Split("\nbackend ")[0], StringComparison.Ordinal));
    }

    private GatewayOptions GatewaySettings => KnownSettings.Bind<GatewayOptions>(
        Backend.Environment.Select(one => KeyValuePair.Create(one.Key, ComposeFile.WithDefaults(one.Value))));

    private SiloOptions SiloSettings => KnownSettings.Bind<SiloOptions>(
        Silo.Environment.Select(one => KeyValuePair.Create(one.Key, ComposeFile.WithDefaults(one.Value))));

    private static string[] Faults(ComposeService service, Type options) =>
        [.. service.Environment.Select(one => KnownSettings.Fault(one.Key, ComposeFile.WithDefaults(one.Value), options))
            .OfType<string>()];

    private static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture));

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*server-template \S+ \S+ (\w+):(\d+)", RegexOptions.Multiline)]
    private static partial Regex ServerTemplate();

    [GeneratedRegex("log-format '(.+)'")]
    private static partial Regex LogFormat();

    [GeneratedRegex(@"http-check send meth GET uri (\S+)")]
    private static partial Regex CheckedPath();

    [GeneratedRegex(@"(?:server check|http-check connect) port (\d+)")]
    private static partial Regex CheckedPort();

    [GeneratedRegex(@"timeout tunnel (\d+)h")]
    private static partial Regex TunnelHours();

    [GeneratedRegex(@"names: \[(\w+)\]\s+type: A\s+port: (\d+)")]
    private static partial Regex ScrapedService();
}
