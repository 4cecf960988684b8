using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Api;

/// <summary>Logs why handshakes fail because of the grid or its storage: one line per minute and kind, because all clients may
/// return at once.</summary>
internal sealed partial class HandshakeLog(TimeProvider time, ILogger<HandshakeLog> logger)
{
    private readonly LogGate _broken = new(time);
    private readonly LogGate _unavailable = new(time);

    /// <summary>Answered with <see cref="ErrorCatalogue.StorageBroken"/>.</summary>
    public void Broken(Exception failure)
    {
        if (_broken.TryPass(out var suppressed)) LogBroken(failure.Message, suppressed);
    }

    /// <summary>Answered with <see cref="ErrorCatalogue.Unavailable"/>.</summary>
    public void Unavailable(Exception failure)
    {
        if (_unavailable.TryPass(out var suppressed))
            LogUnavailable(failure.GetType().Name, GridCall.Describe(failure), suppressed);
    }

    [LoggerMessage(7501, LogLevel.Error,
        "A WebSocket handshake was answered 500: {Error} ({Suppressed} more since the last such line)")]
    private partial void LogBroken(string error, long suppressed);

    [LoggerMessage(7502, LogLevel.Warning,
        "A WebSocket handshake was answered 503: {Kind}: {Error} ({Suppressed} more since the last such line)")]
    private partial void LogUnavailable(string kind, string error, long suppressed);
}
