using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Grains;
using NotifyHub.TestKit;
using Orleans.Configuration;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

/// <summary>Silos set up as in their host, and an idle gateway's client.</summary>
[Collection(typeof(RunAlone))]
public sealed class SiloListTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    // With one call per second in rotation and nothing else, each silo would hear from the gateway every 8 s.
    private const int Silos = 8;

    // A silo checks every 1.25 s whether a gateway has been silent for 5 s.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_silo_hears_a_quiet_gateway_often_enough_however_many_there_are()
    {
        var storage = await server.CreateDatabaseAsync();
        var ports = FreePorts.Take(2 * Silos);
        var greeted = new ConcurrentDictionary<int, bool>();
        var ends = new Ends();
        var silos = Enumerable.Range(0, Silos)
            .Select(number => Silo(storage, ports[2 * number], ports[(2 * number) + 1], greeted, ends)).ToArray();
        using var gateway = Gateway(ports.Where((_, index) => index % 2 == 1));
        // A host that did not start cannot be stopped: the failure of that would hide why it did not.
        List<IHost> started = [];
        try
        {
            foreach (var host in (IHost[])[.. silos, gateway])
            {
                await host.StartAsync(Cancellation);
                started.Add(host);
            }

            await Until.TrueAsync(() => greeted.Count == Silos, () => $"{greeted.Count} of {Silos} silos");

            // Must wait this long: silos close no connection earlier.
            await Task.Delay(Silence, Cancellation);

            Assert.Empty(ends.OfSilentGateways);
        }
        finally
        {
            if (started.Contains(gateway)) await gateway.StopAsync(CancellationToken.None);
            await Task.WhenAll(started.Where(host => host != gateway).Select(silo => silo.StopAsync(CancellationToken.None)));
            foreach (var silo in silos) silo.Dispose();
        }
    }

    private static IHost Silo(string storage, int siloPort, int gatewayPort, ConcurrentDictionary<int, bool> greeted, Ends ends)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
        [
            new("NotifyHub:Storage", storage + ";Maximum Pool Size=10"),
            new("NotifyHub:AdministratorPassword", "correct horse"),
            // The tests' PostgreSQL servers run without fsync.
            new("NotifyHub:AllowDataLoss", "true"),
            new("NotifyHub:AdvertisedAddress", "127.0.0.1"),
            new("NotifyHub:SiloPort", $"{siloPort}"),
            new("NotifyHub:GatewayPort", $"{gatewayPort}"),
        ]);
        builder.Logging.AddProvider(ends);
        builder.UseOrleans(silo => silo.AddNotifyHubSilo(builder.Configuration, embedded: false)
            .Configure<SiloConnectionOptions>(connections =>
                connections.ConfigureGatewayInboundConnection(connection => connection.Use(next => context =>
                {
                    greeted[gatewayPort] = true;
                    return next(context);
                }))));
        return builder.Build();
    }

    private static IHost Gateway(IEnumerable<int> ports)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<GridContact>()
            .Configure<NotifyHub.Gateway.Settings.GatewayOptions>(
                options => options.Silos = [.. ports.Select(port => $"127.0.0.1:{port}")]);
        builder.UseOrleansClient(SiloList.Join);
        return builder.Build();
    }

    /// <summary>Collects from the silos' log the connections that were closed because the gateway was silent.</summary>
    private sealed class Ends : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> OfSilentGateways { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is ConnectionAbortedException
                && exception.Message.Contains("No message from the gateway", StringComparison.Ordinal))
                OfSilentGateways.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
            // Nothing to dispose.
        }
    }
}
