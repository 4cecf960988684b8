using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NotifyHub.Bench;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.BenchTests;

/// <summary>Comparing with a baseline that loses messages is worthless, so baselines must deliver as reliably as
/// NotifyHub.</summary>
public sealed class PeerTests
{
    [Theory]
    [InlineData("floor", "plain", 128)]
    [InlineData("floor", "plain", 70_000)]
    [InlineData("naive", "plain", 128)]
    [InlineData("signalr", "signalr", 128)]
    // Larger than a segment of Kestrel's pipes, so these messages arrive in fragments.
    [InlineData("signalr", "signalr", 20_000)]
    public async Task Every_baseline_delivers_every_message_once_and_in_order(string name, string protocol, int size)
    {
        using var peer = await Peer.StartAsync(name);
        var report = await Run.ExecuteAsync(
            BenchOptions.Parse(
                [.. peer.Options, "--protocol", protocol, "--size", $"{size}", "--rate", "max", "--pipeline", "50"]),
            TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.False(report.Errors.Any);
        Assert.Empty(report.Disconnects);
        Assert.True(report.Publish!.Sent > 0);
        Assert.Equal(report.Publish.Sent * 20, report.Deliver!.Deliveries);
    }

    [Fact]
    public async Task The_floor_disconnects_only_clients_that_do_not_read()
    {
        using var peer = await Peer.StartAsync("floor", "--backlog", "200000");
        // The kernel buffers data beyond the backlog limit; 20 MB per client exceed those buffers.
        var report = await Run.ExecuteAsync(
            BenchOptions.Parse(
                [.. peer.Options, "--slow", "10", "--size", "100000", "--rate", "200", "--pipeline", "1", "--duration", "2"]),
            TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.False(report.Errors.Any);
        Assert.Equal(2, report.Deliver!.SlowCutOff);
        Assert.Equal(2, report.Disconnects.Values.Sum());
    }

    private sealed class Peer : IDisposable
    {
        private readonly Process _process;
        private readonly int _port, _pushPort;

        private Peer(Process process, int port, int pushPort) => (_process, _port, _pushPort) = (process, port, pushPort);

        public string[] Options =>
        [
            "--url", $"ws://127.0.0.1:{_port}/", "--push", $"127.0.0.1:{_pushPort}",
            "--connections", "20", "--warmup", "0", "--duration", "0.5",
        ];

        public static async Task<Peer> StartAsync(string name, params string[] more)
        {
            int port = FreePorts.One(), pushPort = FreePorts.One();
            var program = Path.Combine(AppContext.BaseDirectory, "NotifyHub.Bench.Peers.dll");
            var process = Process.Start("dotnet", [program, name, "--port", $"{port}", "--push-port", $"{pushPort}", .. more]);
            await Until.TrueAsync(() => Listens(port) && Listens(pushPort));
            return new Peer(process, port, pushPort);
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        private static bool Listens(int port)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
