using System.Text.Json;
using Microsoft.AspNetCore.SignalR;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// What ASP.NET Core offers for this: a hub without methods, its JSON protocol, <c>Clients.All.SendAsync</c>. Nothing is stored. It
/// waits for every client's pipe to take the message, so that one slow client holds all others back until the framework cuts it off.
/// </summary>
internal sealed class SignalRHub : Hub
{
    /// <summary>The method that clients are called by; the generator knows it.</summary>
    public const string Method = "message";

    public static async ValueTask BroadcastAsync(IHubContext<SignalRHub> hub, ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        await hub.Clients.All.SendAsync(Method, json.RootElement);
    }
}
