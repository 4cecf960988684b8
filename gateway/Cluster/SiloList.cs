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
/// Finds the silos of a cluster without a database, by the names in the settings. Names are resolved again and again: a name may
/// stand for several silos, and a silo may return with another address. A silo that hangs, or whose machine is gone, leaves its
/// connections open, so the grid is read for live silos. A silo that only this gateway cannot reach, because the network
/// between the two is cut, is found by trying to connect.
/// </summary>
public sealed partial class SiloList(
    IServiceProvider services, GridContact contact, IOptions<GatewayOptions> options, TimeProvider time, ILogger<SiloList> logger)
    : IGatewayListProvider, IClientConnectionRetryFilter
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>If the first silo takes longer than this, all are asked: while one of them hangs, calls to it are lost.</summary>
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Calls to a silo that dies are lost without an error. Their callers must learn of it in about the time that the
    /// grid takes to find the silo dead.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    // How often in a row a silo was missing among those that are alive. Once is ignored: after a move the grid's list is not
    // complete yet.
    private readonly Dictionary<IPEndPoint, int> _missed = [];

    // How often in a row a connection to the silo failed.
    private readonly ConcurrentDictionary<IPEndPoint, int> _unreached = new();

    // The names that were not resolved, so that each is logged once until it is.
    private readonly ConcurrentDictionary<string, bool> _unresolved = new(StringComparer.OrdinalIgnoreCase);
    private readonly ClockSteps _clock = new(time);
    private bool _wasSetBack;
    private bool _isWaitLogged;

    // The number of silos that Orleans sends to in turn.
    private int _listed;

    /// <summary>How long Orleans avoids a silo that it could not reach, if there are others. Orleans measures it by the time of
    /// day. After the clock was set back this is negative, or silos would be avoided until the clock has caught up.</summary>
    public TimeSpan MaxStaleness => _wasSetBack ? TimeSpan.MinValue : RefreshInterval;

    public bool IsUpdatable => true;

    /// <summary>Makes this process a client of the silos in the settings. It waits for them without a limit.</summary>
    public static void Join(IClientBuilder client)
    {
        client.Services.AddSingleton<SiloList>();
        client.Services.AddSingleton<IGatewayListProvider>(provider => provider.GetRequiredService<SiloList>());
        client.Services.AddSingleton<IClientConnectionRetryFilter>(provider => provider.GetRequiredService<SiloList>());
        client.Configure<Orleans.Configuration.GatewayOptions>(silos => silos.GatewayListRefreshPeriod = RefreshInterval);
        client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
        client.Configure<ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (ClusterIdentity.ClusterId, ClusterIdentity.ServiceId));
        client.Services.AddHostedService<ClockWatch>();
        // The first connection may take any time; meanwhile the web server must answer health checks.
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
            // While all is well, silos get no connections that serve only for this test.
            foreach (var gone in _unreached.Keys.Except(silos)) _unreached.TryRemove(gone, out _);
            if (!isWell || !_unreached.IsEmpty) await Task.WhenAll(silos.Select(TryAsync));
        }

        IPEndPoint[] alive = [.. silos.Where(silo =>
            _missed.GetValueOrDefault(silo) < 2 && _unreached.GetValueOrDefault(silo) < 2)];
        Uri[] list = [.. (alive.Length > 0 ? alive : silos).Select(silo => silo.ToGatewayUri())];
        _listed = list.Length;
        return list;
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_isWaitLogged) LogWaiting(string.Join(", ", options.Value.Silos), exception.Message);
        _isWaitLogged = true;
        await Task.Delay(RetryInterval, time, cancellationToken);
        return true;
    }

    /// <summary>Calls every silo once. A silo ends a connection that is silent, and the gateway's other calls may not reach every
    /// silo in time. All calls are made at once: if the list changed its order between them, one silo might be left out again and
    /// again.</summary>
    private void GiveLifeSigns()
    {
        // A single silo gets all calls anyway, and before the first list there is none.
        if (_listed < 2) return;
        try
        {
            var sign = services.GetRequiredService<IGrainFactory>().GetGrain<ILifeSignGrain>(GrainKeys.Only);
            for (var i = 0; i < _listed; i++) sign.GiveAsync().Ignore();
        }
        catch (Exception e)
        {
            // The client is still looking for its first silo, or is ending.
            LogNotAsked(e.Message);
        }
    }

    /// <summary>Asks the grid which silos are alive. True: the first silo answered in time.</summary>
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
            LogNotAsked(e.Message);
        }

        // The silos left on the list may be just those that hang: try all of them again.
        foreach (var silo in _missed.Keys) _missed[silo] = 0;
        return false;
    }

    /// <summary>Asks several silos at once. A silo that hangs takes the question and never answers, and questions one after the
    /// other might all go to it, because other calls come between them.</summary>
    private async Task<bool> TryAskAsync(int silos, TimeSpan timeout)
    {
        // Not injected: the client is made with this list.
        var stats = services.GetRequiredService<IGrainFactory>().GetGrain<IStatsGrain>(GrainKeys.Only);
        Task<string[]>[] asked = [.. Enumerable.Range(0, silos).Select(_ => stats.SilosAsync().WaitAsync(timeout, time))];
        await foreach (var answer in Task.WhenEach(asked))
        {
            if (!answer.IsCompletedSuccessfully)
            {
                LogNotAsked(answer.Exception?.InnerException?.Message ?? "");
                continue;
            }

            foreach (var silo in _missed.Keys) _missed[silo]++;
            // A silo that was never on the grid's list is not judged by it: the grid may know it by another address.
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

    private async Task<IPEndPoint[]> FindAsync(string silo)
    {
        // The check of the settings has refused whatever is not host:port.
        var colon = silo.LastIndexOf(':');
        var port = ushort.Parse(silo.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        var host = silo[..colon];
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host);
            _unresolved.TryRemove(host, out _);
            // A silo listens at one address. If a name has both kinds, like localhost, only one of them answers.
            var family = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork)
                ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
            return
            [
                .. addresses.Where(address => address.AddressFamily == family).Select(address => new IPEndPoint(address, port)),
            ];
        }
        catch (SocketException e)
        {
            // A silo that does not run may have no name yet; but it may also be misspelt.
            if (_unresolved.TryAdd(host, true)) LogUnresolved(host, e.Message);
            return [];
        }
    }

    [LoggerMessage(6501, LogLevel.Debug, "The list of live silos could not be read: {Error}")]
    private partial void LogNotAsked(string error);

    [LoggerMessage(6502, LogLevel.Warning, "None of the silos {Silos} can be reached yet; waiting: {Error}")]
    private partial void LogWaiting(string silos, string error);

    [LoggerMessage(6503, LogLevel.Warning, "The silo name {Host} cannot be resolved: {Error}")]
    private partial void LogUnresolved(string host, string error);
}
