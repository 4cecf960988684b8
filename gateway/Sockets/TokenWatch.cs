using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Where WebSockets need a token, closes the clients whose token ends while they are connected (4501). Elsewhere it would be
/// useless: a closed client could reconnect without one.
/// </summary>
public sealed partial class TokenWatch(
    ClientRegistry clients,
    ClientCloser closer,
    ClientAuthentication authentication,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<TokenWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How often the tokens are checked with the grid, one call per user: less often than for requests, where the
    /// caller causes the call.</summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RequireToken) return;
        using var timer = new PeriodicTimer(Interval, time);
        var askedAt = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = time.GetUtcNow();
            closer.CloseAll(client => client.Principal.ExpiresAt <= now, CloseReason.TokenEnded);
            if (time.GetElapsedTime(askedAt) < AskInterval) continue;
            await AskAsync(stoppingToken);
            askedAt = time.GetTimestamp();
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        try
        {
            HashSet<ClientPrincipal> principals = [.. clients.All.Select(client => client.Principal)];
            var revoked = await authentication.FindRevokedAsync(principals, cancellation);
            if (revoked.Count > 0) closer.CloseAll(client => revoked.Contains(client.Principal), CloseReason.TokenEnded);
        }
        catch (Exception e) when (GridCall.IsOutage(e))
        {
            // The grid does not answer; the clients stay, and the check is repeated.
            LogPutOff(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(4701, LogLevel.Debug, "The clients' tokens could not be checked; retrying: {Error}")]
    private partial void LogPutOff(string error);

    [LoggerMessage(4702, LogLevel.Error, "The clients' tokens could not be checked")]
    private partial void LogFailed(Exception exception);
}
