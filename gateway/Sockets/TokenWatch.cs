using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Closes the clients whose token ends while they are connected (4501): those with a client token, which also says what they may
/// see; where WebSockets need a token, those with a login or API key too. Elsewhere that would be useless: such a client could
/// reconnect without one.
/// </summary>
public sealed partial class TokenWatch(
    ClientRegistry clients,
    ClientCloser closer,
    ClientAuthentication authentication,
    ClientTokens tokens,
    TokenRevocations revocations,
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
        var areNeeded = options.Value.RequireToken;
        using var timer = new PeriodicTimer(Interval, time);
        var askedAt = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // Where nobody has a token, there is nobody to look at.
            if (!areNeeded && !tokens.WereUsed) continue;
            var now = time.GetUtcNow();
            closer.CloseAll(
                client => client.Principal is var who && who.ExpiresAt <= now && (areNeeded || who.Token is not null),
                CloseReason.TokenEnded);
            if (tokens.WereUsed) await CheckAsync(CloseRevokedAsync);
            if (!areNeeded || time.GetElapsedTime(askedAt) < AskInterval) continue;
            await CheckAsync(() => AskAsync(stoppingToken));
            askedAt = time.GetTimestamp();
        }
    }

    private async Task CloseRevokedAsync()
    {
        await revocations.ReadAsync();
        if (!revocations.HasNew) return;
        closer.CloseAll(
            client => client.Principal.Token is { } token && revocations.IsNewlyRevoked(token), CloseReason.TokenEnded);
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        HashSet<ClientPrincipal> principals = [.. clients.All.Select(client => client.Principal).Where(who => who.IsStaff)];
        var revoked = await authentication.FindRevokedAsync(principals, cancellation);
        if (revoked.Count > 0) closer.CloseAll(client => revoked.Contains(client.Principal), CloseReason.TokenEnded);
    }

    private async Task CheckAsync(Func<Task> check)
    {
        try
        {
            await check();
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
