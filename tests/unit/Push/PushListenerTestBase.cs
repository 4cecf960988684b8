using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using NotifyHub.UnitTests.Sockets;

namespace NotifyHub.UnitTests.Push;

/// <summary>A push port and its senders. The channel only counts.</summary>
public abstract class PushListenerTestBase
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private PushListener? _listener;
    private int _published;

    /// <summary>How many lines were published.</summary>
    protected int Published => Volatile.Read(ref _published);

    protected PushListener Listener(Action<GatewayOptions>? configure = null, Func<Task>? publishing = null)
    {
        // The limits are tested with a clock of the test's own. Here a machine that stalls must not reach them.
        var options = new GatewayOptions
        {
            PushPort = 0, PushIdle = Long, PushLineTimeout = Long, SendTimeout = Long, CloseGrace = Long,
        };
        configure?.Invoke(options);
        var listener = new PushListener(
            async batch =>
            {
                Interlocked.Add(ref _published, batch.Drafts.Length);
                if (publishing is not null) await publishing();
                return new PublishResult(1, batch.Drafts.Length, Repeated: false);
            },
            new ChannelDrafts(new Namespaces(), GatewayParts.NewLogs()),
            Meters.Metrics(),
            Options.Create(options),
            TimeProvider.System,
            NullLogger<PushListener>.Instance);
        _listener = listener;
        return listener;
    }

    protected Task<Socket> ConnectAsync() => ConnectAsync(from: null);

    private async Task<Socket> ConnectAsync(string? from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (from is not null) socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _listener!.Port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends the bytes, shuts down sending and reads to the end.</summary>
    protected async Task<string> TalkAsync(byte[] bytes, string? from = null)
    {
        using var socket = await ConnectAsync(from);
        await socket.SendAsync(bytes);
        socket.Shutdown(SocketShutdown.Send);
        return await ReadToEndAsync(socket);
    }

    protected static async Task<string> ReadToEndAsync(Socket socket)
    {
        var answers = new StringBuilder();
        var bytes = new byte[1024];
        while (await socket.ReceiveAsync(bytes).WaitAsync(Until.Limit) is var count and > 0)
            answers.Append(Encoding.UTF8.GetString(bytes, 0, count));
        return answers.ToString();
    }
}
