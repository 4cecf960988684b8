using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Upgrades that come through the HTTP server: over TLS, or unusual enough that <see cref="ClientTransport"/> left them to it.
/// The same client, written through the stream. All refusals are answered here, too, whichever part of the port found them.
/// </summary>
public static class SocketEndpoint
{
    private static readonly Text HowToUpgrade = new(
        "必須以 GET、HTTP/1.1、Upgrade: websocket 與 Connection: Upgrade 請求。若中間有代理伺服器，它必須轉送這些標頭；nginx 需要："
            + NginxLines,
        "must be asked for by GET with HTTP/1.1, Upgrade: websocket and Connection: Upgrade. "
            + "A proxy in between has to pass these on; nginx needs: "
            + NginxLines);

    private const string NginxLines =
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";";

    /// <summary>Takes requests on <c>/</c> and <c>/ws</c>, where there is nothing but WebSockets; others pass.</summary>
    public static IApplicationBuilder UseClientSockets(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var path = context.Request.Path;
        if (!Handshake.IsSocketPath(path)) await next(context);
        else if (AsksForWebSocket(context.Request)) await JudgeAsync(context);
        // On the console's port this is its first page.
        else if (path == "/" && !IsClientPort(context)) await next(context);
        else await RefusePlainAsync(context);
    });

    private static bool IsClientPort(HttpContext context) =>
        context.Connection.LocalPort == context.RequestServices.GetRequiredService<GatewayNode>().State.WebSocketPort;

    private static bool AsksForWebSocket(HttpRequest request) => HasToken(request.Headers.Upgrade, "websocket");

    /// <summary>Whether a list in one or more header lines names it.</summary>
    private static bool HasToken(StringValues lines, string token)
    {
        foreach (var line in lines)
        {
            foreach (var range in line.AsSpan().Split(','))
                if (line.AsSpan(range).Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>RFC 6455, section 4.1: a GET of HTTP/1.1 or higher, without a body.</summary>
    private static Task JudgeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method)) return RefuseMethodAsync(context);
        // HTTP/1.0 knows no upgrades, whatever its header fields say; without Connection the field was meant for another hop.
        if (!HttpProtocol.IsHttp11(request.Protocol) || !HasToken(request.Headers.Connection, "upgrade"))
            return RefuseUpgradeAsync(context);
        return context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            ? UpgradeAsync(context)
            : RefuseAsync(context, Refusal.Handshake, new Failure(ErrorCatalogue.ValidationError));
    }

    /// <summary>Not for a WebSocket, or a proxy has left out that it is.</summary>
    private static Task RefusePlainAsync(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
            ? RefuseUpgradeAsync(context)
            : RefuseMethodAsync(context);

    private static Task RefuseMethodAsync(HttpContext context)
    {
        context.Response.Headers.Allow = HttpMethods.Get;
        return RefuseAsync(context, Refusal.Handshake, new Failure(ErrorCatalogue.MethodNotAllowed));
    }

    private static Task RefuseUpgradeAsync(HttpContext context)
    {
        AskForUpgrade(context.Response);
        var details = new Faults();
        details.Add("Upgrade", HowToUpgrade);
        return RefuseAsync(context, Refusal.Handshake, new Failure(ErrorCatalogue.UpgradeRequired, details));
    }

    /// <summary>What a 426 must name.</summary>
    private static void AskForUpgrade(HttpResponse response)
    {
        response.Headers.Upgrade = "websocket";
        response.Headers.Connection = "Upgrade, close";
        response.Headers.SecWebSocketVersion = "13";
    }

    private static async Task UpgradeAsync(HttpContext context)
    {
        var clients = context.RequestServices.GetRequiredService<ClientRegistry>();
        var options = context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var headers = context.Request.Headers;
        var request = new HandshakeRequest(
            context.Request.Path, context.Request.QueryString.Value ?? "", headers.SecWebSocketKey, headers.SecWebSocketVersion,
            headers.SecWebSocketProtocol, headers.Origin, headers.UserAgent.ToString(), headers.Authorization,
                headers["X-API-Key"]);

        var address = IpAddresses.Plain(context.Connection.RemoteIpAddress ?? IPAddress.None).ToString();
        // Before the token is checked.
        var verdict = context.Features.Get<FirstVerdict>()?.Take()
            ?? context.RequestServices.GetRequiredService<ConnectRate>().Take(address);
        if (verdict != ConnectVerdict.Granted)
        {
            await RefuseAsync(context, verdict);
            return;
        }

        if (context.Features.Get<IConnectionSocketFeature>() is { Socket: var socket } && OpenFiles.AreScarce(socket))
        {
            context.Response.Headers.Connection = "close";
            await RefuseAsync(
                context, Refusal.OutOfFiles, new Failure(ErrorCatalogue.GatewayFull, retryAfter: SocketRefusal.Later()));
            return;
        }

        if (!Handshake.TryAccept(request, options.AllowedOrigins, out var handshake, out var fault))
        {
            // Without a handshake it cannot be upgraded, or its page may learn nothing.
            if (handshake is null) await RefuseAsync(context, fault.Value);
            else await SocketRefusal.Since.AnswerAsync(context, handshake);
            return;
        }

        if (await AuthenticateAsync(context, request, handshake) is not { } principal) return;
        var admission = clients.Reserve(handshake, address, out var place);
        if (admission != Admission.Granted)
        {
            var isStopped = !context.RequestServices.GetRequiredService<GatewayNode>().State.Service.Running;
            await SocketRefusal.Of(admission, isStopped).AnswerAsync(context, handshake);
            return;
        }

        Stream stream;
        try
        {
            stream = await SocketUpgrade.SendAsync(context, handshake);
        }
        catch
        {
            clients.GiveUp(address);
            throw;
        }

        // From now on it counts as a client.
        context.Features.Get<HttpConnections.Connection>()?.Close();
        var abort = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort;
        var carrier = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        var connection = new ClientConnection(null, stream, abort, carrier);
        await clients.Admit(handshake, place, principal, request.UserAgent, address, connection);
    }

    /// <summary>Null: refused, and the caller has been answered.</summary>
    private static async Task<ClientPrincipal?> AuthenticateAsync(
        HttpContext context, HandshakeRequest request, Handshake handshake)
    {
        SocketRefusal refusal;
        try
        {
            var (principal, code) = await context.RequestServices.GetRequiredService<ClientAuthentication>()
                .AuthenticateAsync(request.Token(), request.AsksToObserve());
            if (principal is not null) return principal;
            refusal = SocketRefusal.OfToken(code);
        }
        catch (StorageBrokenException e)
        {
            Log(context).Broken(e);
            refusal = SocketRefusal.StorageBroken();
        }
        catch (Exception e) when (GridCall.IsUnavailable(e))
        {
            Log(context).Unavailable(e);
            refusal = SocketRefusal.Unavailable();
        }

        await refusal.AnswerAsync(context, handshake);
        return null;
    }

    private static HandshakeLog Log(HttpContext context) => context.RequestServices.GetRequiredService<HandshakeLog>();

    private static Task RefuseAsync(HttpContext context, ConnectVerdict verdict)
    {
        context.Response.Headers.Connection = "close";
        if (verdict == ConnectVerdict.Refused)
        {
            return RefuseAsync(
                context, Refusal.RateLimited, new Failure(ErrorCatalogue.RateLimited, retryAfter: SocketRefusal.Later()));
        }

        context.RequestServices.GetRequiredService<GatewayMetrics>().Refused(Refusal.RateLimited);
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Without an upgrade, whoever it is.</summary>
    private static Task RefuseAsync(HttpContext context, HandshakeFault fault)
    {
        if (fault == HandshakeFault.Version) AskForUpgrade(context.Response);
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
