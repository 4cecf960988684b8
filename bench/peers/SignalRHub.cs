using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// The solution of ASP.NET Core: a hub without methods, its JSON protocol, and <c>Clients.All.SendAsync</c>. Nothing is stored.
/// It waits until the pipe of every client has accepted the message, so one slow client delays all others until the framework
/// cuts it off.
/// </summary>
internal sealed class SignalRHub : Hub
{
    /// <summary>The client method that the hub calls.</summary>
    public const string Method = "message";

    public static async ValueTask BroadcastAsync(IHubContext<SignalRHub> hub, ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        await hub.Clients.All.SendAsync(Method, json.RootElement);
    }
}
