using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using GatewayOptions = NotifyHub.Gateway.Settings.GatewayOptions;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// How a gateway of a cluster finds its silos, with no database to ask: by the names it was given. They are looked up again and
/// again, for a name may stand for several silos, and a silo that returns may have another address. A silo that hangs, or whose
/// machine is gone, leaves its connections open: the grid itself is asked who is alive. A silo that only this gateway cannot
/// reach, because the network between the two is cut, is found by trying to connect.
/// </summary>
public sealed partial class SiloList(
    IServiceProvider services, GridContact contact, IOptions<GatewayOptions> options, TimeProvider time, ILogger<SiloList> logger)
    : IGatewayListProvider, IClientConnectionRetryFilter
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>Longer than this, and all silos are asked: while one of them hangs, calls are lost that could go by way of
    /// another.</summary>
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls to a silo that dies are lost without a word. Whoever waits for one must learn of it within the time that
    /// the grid takes to find the silo dead.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    // How often in a row a silo that had been alive was not any more. Once is nothing: a list that has just moved is not
    // complete.
    private readonly Dictionary<IPEndPoint, int> _missed = [];

    // How often in a row a connection to it could not be made.
    private readonly ConcurrentDictionary<IPEndPoint, int> _unreached = new();
    private readonly ClockSteps _clock = new(time);
    private bool _wasSetBack;
    private bool _isMissingTold;

    // As many as Orleans has on its own list, and sends to in turn.
    private int _listed;

    /// <summary>A silo that could not be reached is left alone for this long, where there are others. Orleans measures it by the
    /// time of day: once the clock was set back, all is forgotten, or a silo would be left alone until the clock has caught
    /// up.</summary>
    public TimeSpan MaxStaleness => _wasSetBack ? TimeSpan.MinValue : RefreshInterval;

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
            (cluster.ClusterId, cluster.ServiceId) = (ClusterIdentity.ClusterId, ClusterIdentity.ServiceId));
        client.Services.AddHostedService<ClockWatch>();
        // The first connection may take for ever: meanwhile the web server must answer for its health.
        client.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
    }

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        _wasSetBack = _clock.Next() < -RefreshInterval;
        GiveLifeSigns();
        var found = await Task.WhenAll(options.Value.Silos.Select(FindAsync));
        IPEndPoint[] silos = [.. found.SelectMany(addresses => addresses).Distinct()];
        if (silos.Length > 1)
        {
            var isWell = await AskWhoIsAliveAsync() && contact.IsReachable;
            // As long as all goes well nobody is bothered with connections that serve for nothing else.
            foreach (var gone in _unreached.Keys.Except(silos)) _unreached.TryRemove(gone, out _);
            if (!isWell || !_unreached.IsEmpty) await Task.WhenAll(silos.Select(TryAsync));
        }

        IPEndPoint[] alive = [.. silos.Where(silo => _missed.GetValueOrDefault(silo) < 2
            && _unreached.GetValueOrDefault(silo) < 2)];
        Uri[] list = [.. (alive.Length > 0 ? alive : silos).Select(silo => silo.ToGatewayUri())];
        _listed = list.Length;
        return list;
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_isMissingTold) LogWaiting(string.Join(", ", options.Value.Silos), exception.Message);
        _isMissingTold = true;
        await Task.Delay(RetryInterval, time, cancellationToken);
        return true;
    }

    /// <summary>A silo ends a connection that it hears nothing on, and the gateway's other calls need not reach every silo in
    /// time: there may be many. All in one go, or the list might change its order meanwhile and one silo be passed over again and
    /// again.</summary>
    private void GiveLifeSigns()
    {
        // The only silo gets all calls anyway; and before the first list there is nobody to call.
        if (_listed < 2) return;
        try
        {
            var sign = services.GetRequiredService<IGrainFactory>().GetGrain<ILifeSignGrain>(GrainKeys.Only);
            for (var i = 0; i < _listed; i++) sign.GiveAsync().Ignore();
        }
        catch (Exception e)
        {
            // The client is still looking for its first silo, or is ending.
            LogNotTold(e.Message);
        }
    }

    /// <summary>True: the grid answered at once.</summary>
    private async Task<bool> AskWhoIsAliveAsync()
    {
        try
        {
            if (await TryAskAsync(1, FirstTimeout)) return true;
            if (await TryAskAsync(Math.Max(1, _listed), Timeout)) return false;
        }
        catch (Exception e)
        {
            // The client is still looking for its first silo, or is ending.
            LogNotTold(e.Message);
        }

        // Perhaps those that hang are the only ones left on the list: all of them are tried again.
        foreach (var silo in _missed.Keys) _missed[silo] = 0;
        return false;
    }

    /// <summary>Asks so many silos at once. A silo that hangs takes the question and never answers; and because other calls come
    /// in between, one after the other might go to the same silo again and again.</summary>
    private async Task<bool> TryAskAsync(int silos, TimeSpan timeout)
    {
        // Not had at construction: the client is made with this list.
        var stats = services.GetRequiredService<IGrainFactory>().GetGrain<IStatsGrain>(GrainKeys.Only);
        Task<string[]>[] asked = [.. Enumerable.Range(0, silos).Select(_ => stats.SilosAsync().WaitAsync(timeout, time))];
        await foreach (var answer in Task.WhenEach(asked))
        {
            if (!answer.IsCompletedSuccessfully)
            {
                LogNotTold(answer.Exception?.InnerException?.Message ?? "");
                continue;
            }

            foreach (var silo in _missed.Keys) _missed[silo]++;
            // One that was never on the list is not judged by it: it may be known there by another address.
            foreach (var silo in (await answer).Select(IPEndPoint.Parse)) _missed[silo] = 0;
            return true;
        }

        return false;
    }

    private async Task TryAsync(IPEndPoint silo)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var socket = new Socket(silo.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(silo, timeout.Token);
            _unreached.TryRemove(silo, out _);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            _unreached.AddOrUpdate(silo, 1, (_, before) => before + 1);
        }
    }

    private static async Task<IPEndPoint[]> FindAsync(string silo)
    {
        // What is not host:port was refused with the other faults of the settings.
        var colon = silo.LastIndexOf(':');
        var port = ushort.Parse(silo.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(silo[..colon]);
            // A silo listens at one address. Of a name with both kinds, such as localhost, the other kind would only be in the
            // way.
            var family = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork)
                ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            return [.. addresses.Where(address => address.AddressFamily == family).Select(address =>
                new IPEndPoint(address, port))];
        }
        catch (SocketException)
        {
            // A silo that is not there may have no name yet.
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The silos were not reached to ask who is alive: {Fault}")]
    private partial void LogNotTold(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "None of the silos {Silos} can be reached yet: {Fault} Waiting for them")]
    private partial void LogWaiting(string silos, string fault);
}
