using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Upgrades that come through the HTTP server: over TLS, or unusual enough that <see cref="ClientTransport"/> left them to it. The same
/// client, written through the stream. It is also where every refusal is said.
/// </summary>
public static class SocketEndpoint
{
    /// <summary>Takes requests for a WebSocket on <c>/</c> and <c>/ws</c>; others pass.</summary>
    public static IApplicationBuilder UseClientSockets(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        if (!Handshake.IsSocketPath(request.Path) || !AsksForWebSocket(context)) await next(context);
        else await UpgradeAsync(context);
    });

    private static bool AsksForWebSocket(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    private static async Task UpgradeAsync(HttpContext context)
    {
        var clients = context.RequestServices.GetRequiredService<Clients>();
        var options = context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var headers = context.Request.Headers;
        var request = new HandshakeRequest(
            context.Request.Path, context.Request.QueryString.Value ?? "", headers.SecWebSocketKey, headers.SecWebSocketVersion,
            headers.SecWebSocketProtocol, headers.Origin, headers.UserAgent.ToString(), headers.Authorization, headers["X-API-Key"]);

        if (!Handshake.TryAccept(request, options.AllowedOrigins, out var handshake, out var fault))
        {
            await RefuseAsync(context, fault.Value);
            return;
        }

        if (await AdmitAsync(context, request) is not { } pass) return;
        var address = ClientTransport.Address(new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, 0));
        var admission = clients.Reserve(handshake, address, out var place);
        if (admission != Admission.Granted)
        {
            await RefuseAsync(context, admission);
            return;
        }

        var response = context.Response.Headers;
        response.Upgrade = "websocket";
        response.Connection = "Upgrade";
        response.SecWebSocketAccept = handshake.AcceptKey;
        if (handshake.Protocol.Length > 0) response.SecWebSocketProtocol = handshake.Protocol;
        Stream stream;
        try
        {
            stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        }
        catch
        {
            clients.GiveUp(address);
            throw;
        }

        var abort = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort;
        var carrier = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        var connection = new ClientConnection(null, stream, abort, carrier);
        await clients.Admit(handshake, place, pass, request.UserAgent, address, connection);
    }

    /// <summary>Null: refused, and the caller has been told.</summary>
    private static async Task<SocketPass?> AdmitAsync(HttpContext context, HandshakeRequest request)
    {
        try
        {
            if (await context.RequestServices.GetRequiredService<SocketAccess>().AdmitAsync(request) is { } pass) return pass;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, Refusal.Unauthorized, new Failure(ErrorCatalogue.Unauthorized));
        }
        catch (Exception e) when (FailureHandler.IsUnavailable(e))
        {
            await RefuseAsync(context, Refusal.Unavailable, new Failure(ErrorCatalogue.Unavailable, retryAfter: TimeSpan.FromSeconds(1)));
        }

        return null;
    }

    private static Task RefuseAsync(HttpContext context, Admission admission)
    {
        // Not all at the same moment: those who are refused were many.
        var retryAfter = TimeSpan.FromSeconds(Random.Shared.Next(5, 16));
        var isStopped = !context.RequestServices.GetRequiredService<GatewayNode>().State.Running;
        return admission switch
        {
            Admission.Full => RefuseAsync(context, Refusal.Full, new Failure(ErrorCatalogue.GatewayFull, retryAfter: retryAfter)),
            Admission.AddressFull => RefuseAsync(context, Refusal.AddressFull, new Failure(ErrorCatalogue.TooManyConnections, retryAfter: retryAfter)),
            _ when isStopped => RefuseAsync(context, Refusal.Stopped, new Failure(ErrorCatalogue.ServiceStopped)),
            _ => RefuseAsync(context, Refusal.Unavailable, new Failure(ErrorCatalogue.Unavailable)),
        };
    }

    private static Task RefuseAsync(HttpContext context, HandshakeFault fault)
    {
        if (fault == HandshakeFault.Version) context.Response.Headers.SecWebSocketVersion = "13";
        return fault switch
        {
            HandshakeFault.Version => RefuseAsync(context, Refusal.Handshake, new Failure(ErrorCatalogue.UpgradeRequired)),
            HandshakeFault.Origin => RefuseAsync(context, Refusal.Origin, new Failure(ErrorCatalogue.Forbidden)),
            _ => RefuseAsync(context, Refusal.Handshake, new Failure(ErrorCatalogue.ValidationError)),
        };
    }

    private static Task RefuseAsync(HttpContext context, Refusal refusal, Failure failure)
    {
        context.RequestServices.GetRequiredService<GatewayMetrics>().Refused(refusal);
        return failure.ExecuteAsync(context);
    }
}
