using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Api;

/// <summary>A port for probes alone: load on the other ports must not make an orchestrator kill the
/// gateway.</summary>
public sealed partial class HealthPort(IOptions<GatewayOptions> options)
{
    private ListenOptions? _listen;

    /// <summary>As asked for; -1: none.</summary>
    public int Wanted { get; } = options.Value.HealthPort;

    /// <summary>The port as bound (never 0 once started); -1: there is none.</summary>
    public int Port => _listen?.IPEndPoint?.Port ?? -1;

    internal void ListenOn(KestrelServerOptions kestrel)
    {
        if (Wanted < 0) return;
        kestrel.ListenAnyIP(Wanted, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            // Known by the connection and not by the number, which a forwarded port may have as well.
            listen.Use(next => connection =>
            {
                connection.Features.Set(Mark.OfConnection);
                return next(connection);
            });
            _listen = listen;
        });
    }

    /// <summary>Answers only health requests on that port. Must precede all other middleware.</summary>
    internal static void Use(WebApplication app)
    {
        var port = app.Services.GetRequiredService<HealthPort>();
        if (port.Wanted < 0) return;
        app.Lifetime.ApplicationStarted.Register(() => LogServed(app.Logger, port._listen?.EndPoint.ToString()));
        app.Use((context, next) =>
        {
            if (context.Features.Get<Mark>() is null) return next(context);
            if (context.Request.Path.StartsWithSegments(HealthEndpoints.Path)) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    [LoggerMessage(7201, LogLevel.Information, "Health is served on {EndPoint}")]
    private static partial void LogServed(ILogger logger, string? endPoint);

    private sealed class Mark
    {
        public static readonly Mark OfConnection = new();
    }
}
