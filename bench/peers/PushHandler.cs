using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// The push port: one message per line, each answered <c>ok</c>. The answers to all lines of one read are sent together.
/// </summary>
public sealed class PushHandler(Broadcast broadcast) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync();
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                await broadcast(rest.Slice(0, end).ToArray());
                output.Write("ok\n"u8);
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            input.AdvanceTo(rest.Start, read.Buffer.End);
            await output.FlushAsync();
            if (read.IsCompleted) return;
        }
    }
}
