using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Keys that are read from somewhere and may change there. They are read when they are first needed, again when they have an age
/// and are used, and when a token was signed with one that is not among them. A failure keeps those that are known.
/// </summary>
/// <param name="setting">Which names the place.</param>
/// <param name="read">Reads all keys, at least one.</param>
/// <param name="maxAge">Older ones are read again, in the background.</param>
internal sealed partial class ClientKeySource(
    string setting, Func<Task<ClientKey[]>> read, TimeSpan maxAge, TimeProvider time, ILogger logger)
{
    /// <summary>A token without a <c>kid</c> is tried with all of them.</summary>
    public const int MaxKeys = 64;

    /// <summary>Anybody can send tokens that name unknown keys.</summary>
    private static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    /// <summary>While there is no key at all, every token waits for one.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private volatile ClientKey[]? _keys;
    private Task _reading = Task.CompletedTask;
    private long? _begunAt;
    private long _readAt;

    /// <exception cref="TimeoutException">They could not be read yet, so nothing can be said about any token.</exception>
    public async ValueTask<ClientKey[]> KeysAsync()
    {
        if (_keys is null) await RefreshAsync();
        else if (time.GetElapsedTime(Volatile.Read(ref _readAt)) >= maxAge) _ = RefreshAsync();
        return _keys ?? throw new TimeoutException($"The keys of {setting} could not be read yet.");
    }

    /// <summary>Reads the keys again, unless that was tried just now. All callers share one attempt.</summary>
    public Task RefreshAsync()
    {
        lock (_lock)
        {
            var pause = _keys is null ? FirstRetry : MinInterval;
            if (!_reading.IsCompleted || (_begunAt is { } begun && time.GetElapsedTime(begun) < pause)) return _reading;
            _begunAt = time.GetTimestamp();
            return _reading = Task.Run(ReadAsync);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            _keys = await read();
            Volatile.Write(ref _readAt, time.GetTimestamp());
        }
        catch (Exception failure)
        {
            // Whatever it is: a file that is being replaced, a host that does not answer, an answer that is no key set.
            LogFailed(logger, setting, GridCall.Describe(failure), _keys is null ? "tokens are refused" : "the known keys stay");
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "The keys of {Setting} could not be read: {Error}; {Consequence}")]
    private static partial void LogFailed(ILogger logger, string setting, string error, string consequence);
}
