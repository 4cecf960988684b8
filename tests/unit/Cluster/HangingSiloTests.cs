using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

/// <summary>A gateway and two silos, one of them frozen: its machine accepts connections and calls but never answers.</summary>
public sealed class HangingSiloTests : IDisposable
{
    private readonly TcpListener _hanging = Listen();
    private readonly TcpListener _healthy = Listen();

    public void Dispose()
    {
        _hanging.Dispose();
        _healthy.Dispose();
    }

    [Fact]
    public async Task It_leaves_the_list_though_every_question_that_is_asked_alone_goes_to_it()
    {
        string[] both = [EndPoint(_hanging), EndPoint(_healthy)];
        var grid = new Grid { Alive = both };
        using var services = new ServiceCollection().AddSingleton(Grains.Of<IGrainFactory>(grid)).BuildServiceProvider();
        var options = Options.Create(new NotifyHub.Gateway.Settings.GatewayOptions { Silos = both });
        var list = new SiloList(services, new GridContact(), options, TimeProvider.System, NullLogger<SiloList>.Instance);
        Assert.Equal(both, await EndPointsAsync(list));

        (grid.Alive, grid.IsOneFrozen) = ([EndPoint(_healthy)], true);
        await Until.TrueAsync(async () => (await EndPointsAsync(list)).SequenceEqual(grid.Alive));
    }

    private static async Task<string[]> EndPointsAsync(SiloList list) =>
        [.. (await list.GetGateways()).Select(silo => $"{silo.Host}:{silo.Port}")];

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string EndPoint(TcpListener silo) => $"{silo.LocalEndpoint}";

    /// <summary>The silos alive, as a gateway sees them in the worst case: its other calls always come in between.</summary>
    private sealed class Grid
    {
        private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(100);

        private long? _lostAt;

        public string[] Alive { get; set; } = [];

        public bool IsOneFrozen { get; set; }

        /// <summary>The first call goes to the frozen silo; only a call that follows at once reaches the other.</summary>
        public Task<string[]> SilosAsync()
        {
            if (!IsOneFrozen) return Task.FromResult(Alive);
            var isSecond = _lostAt is { } lostAt && TimeProvider.System.GetElapsedTime(lostAt) < AtOnce;
            _lostAt = isSecond ? null : TimeProvider.System.GetTimestamp();
            return isSecond ? Task.FromResult(Alive) : new TaskCompletionSource<string[]>().Task;
        }
    }

    /// <summary>Grain factory and grains in one proxy, for the calls of <see cref="SiloList"/>.</summary>
    public class Grains : DispatchProxy
    {
        private Grid _grid = null!;

        internal static T Of<T>(object grid)
            where T : class
        {
            var made = Create<T, Grains>();
            ((Grains)(object)made)._grid = (Grid)grid;
            return made;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IStatsGrain.SilosAsync) => _grid.SilosAsync(),
            nameof(ILifeSignGrain.GiveAsync) => Task.CompletedTask,
            _ when targetMethod.ReturnType == typeof(IStatsGrain) => Of<IStatsGrain>(_grid),
            _ => Of<ILifeSignGrain>(_grid),
        };
    }
}
