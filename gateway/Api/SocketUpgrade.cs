using Microsoft.AspNetCore.Http.Features;
using NotifyHub.Gateway.Sockets;

namespace NotifyHub.Gateway.Api;

/// <summary>The answer that makes an HTTP connection a WebSocket.</summary>
internal static class SocketUpgrade
{
    /// <summary>Sends it. The stream is the connection from there on.</summary>
    public static Task<Stream> SendAsync(HttpContext context, Handshake handshake)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
        headers.SecWebSocketAccept = handshake.AcceptKey;
        if (handshake.IsV1) headers.SecWebSocketProtocol = handshake.Protocol;
        return context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
