using System.Net.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Push;

[Collection(typeof(RunAlone))]
public sealed class PushListenerMemoryTests : PushListenerTestBase
{
    [Fact]
    public async Task The_sender_of_an_endless_line_hears_why_it_is_cut_off()
    {
        using var listener = Listener();
        await listener.StartListeningAsync(CancellationToken.None);
        using var sender = await ConnectAsync();
        var piece = new byte[1 << 20];
        piece.AsSpan().Fill((byte)'{');
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100; i++) await sender.SendAsync(piece);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 20 << 20);

        sender.Shutdown(SocketShutdown.Send);
        Assert.Equal("error: line longer than 1048576 bytes\n", await ReadToEndAsync(sender));
        await listener.StopListeningAsync(CancellationToken.None);
    }
}
