using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Grains;
using Orleans.Configuration;
using Orleans.Messaging;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// How a gateway of a cluster finds its silos, with no database to ask: by the names it was given. They are looked up again and again, for a
/// name may stand for several silos, and a silo that returns may have another address.
/// </summary>
public sealed partial class SiloList(IOptions<GatewayOptions> options, TimeProvider time, ILogger<SiloList> logger)
    : IGatewayListProvider, IClientConnectionRetryFilter
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls to a silo that dies are lost without a word. Whoever waits for one must learn of it within the time that the grid
    /// takes to find the silo dead.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private bool _isMissingTold;

    /// <summary>A silo that could not be reached is left alone for this long, where there are others.</summary>
    public TimeSpan MaxStaleness => RefreshInterval;

    public bool IsUpdatable => true;

    /// <summary>Makes this process a client of the silos that the settings name. It waits for them as long as it takes.</summary>
    public static void Join(IClientBuilder client)
    {
        client.Services.AddSingleton<SiloList>();
        client.Services.AddSingleton<IGatewayListProvider>(provider => provider.GetRequiredService<SiloList>());
        client.Services.AddSingleton<IClientConnectionRetryFilter>(provider => provider.GetRequiredService<SiloList>());
        client.Configure<Orleans.Configuration.GatewayOptions>(silos => silos.GatewayListRefreshPeriod = RefreshInterval);
        client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = AnswerTime);
        client.Configure<ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (NotifyHubSilo.ClusterId, NotifyHubSilo.ServiceId));
        // The first connection may take for ever: meanwhile the web server must answer for its health.
        client.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
    }

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        var addresses = await Task.WhenAll(options.Value.Silos.Select(FindAsync));
        return [.. addresses.SelectMany(found => found).Distinct().Select(address => address.ToGatewayUri())];
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_isMissingTold) LogWaiting(string.Join(", ", options.Value.Silos), exception.Message);
        _isMissingTold = true;
        await Task.Delay(RetryInterval, time, cancellationToken);
        return true;
    }

    private static async Task<IPEndPoint[]> FindAsync(string silo)
    {
        // What is not host:port was refused with the other faults of the settings.
        var colon = silo.LastIndexOf(':');
        var port = ushort.Parse(silo.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(silo[..colon]);
            // A silo listens at one address. Of a name with both kinds, such as localhost, the other kind would only be in the way.
            var family = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork)
                ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            return [.. addresses.Where(address => address.AddressFamily == family).Select(address => new IPEndPoint(address, port))];
        }
        catch (SocketException)
        {
            // A silo that is not there may have no name yet.
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "None of the silos {Silos} can be reached yet: {Fault} Waiting for them")]
    private partial void LogWaiting(string silos, string fault);
}
