using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// What an activation knows of its log: its position and the newest messages. Only a grain's turns touch it. Gateways and
/// publishers learn of a message only after its commit; when the database has less than any of them knows, it has lost
/// acknowledged messages (a failover to a standby that lagged, a restore). The log then gets a new epoch, so that new offsets
/// cannot be mistaken for old ones.
/// </summary>
internal sealed partial class ChannelState(
    string log, ILogStore store, EpochStore epochs, RecentMessages recent, bool sharesMemory, SiloMetrics metrics,
    ILogger logger)
{
    // Kept when the rest is forgotten.
    private LogPosition? _acknowledged;
    private Task<ChannelHead>? _opening;

    /// <summary>Null when it is not known (any more) and has to be read from the database.</summary>
    public ChannelHead? Current { get; private set; }

    /// <summary>What was last known, also while <see cref="Current"/> is not.</summary>
    public LogPosition? Last => _acknowledged;

    /// <summary>The newest messages up to <see cref="Current"/>.</summary>
    public RecentMessages Recent => recent;

    /// <summary>The log has another epoch than was known.</summary>
    public event Action? EpochChanged;

    /// <summary>Where the log stands, read from the database when it is not known.</summary>
    public async Task<ChannelHead> OpenAsync()
    {
        if (Current is { } known) return known;
        // Many callers, one read.
        var opening = _opening ??= FindAsync();
        try
        {
            var found = await opening;
            return Current ??= found;
        }
        finally
        {
            if (ReferenceEquals(_opening, opening)) _opening = null;
        }
    }

    /// <summary>The same for a caller that may know newer messages.</summary>
    public async Task<ChannelHead> OpenAsync(LogPosition? known)
    {
        var state = await OpenAsync();
        if (!IsAhead(known)) return state;
        // Another activation may have written to the log, or the database has lost its end: it is checked.
        _acknowledged = known;
        Forget();
        return await OpenAsync();
    }

    /// <summary>Whether the caller knows newer messages of this epoch.</summary>
    public bool IsAhead(LogPosition? known) =>
        known is not null && Current is { } state && known.Epoch == state.Epoch && known.Head > state.Head;

    /// <summary>Messages were committed behind a state. If it is not the current one any more, everything is forgotten.</summary>
    public void Advance(ChannelHead before, IReadOnlyList<Message> written, Commit commit)
    {
        var head = written[^1].Offset;
        if (Current is not { } now || now.Epoch != before.Epoch || now.Head != before.Head)
        {
            // Another epoch may have begun meanwhile, before or after that commit. In this one it stays acknowledged.
            if (_acknowledged is not { } last || (last.Epoch == before.Epoch && last.Head < head))
                _acknowledged = new LogPosition(before.Epoch, head);
            Forget();
            return;
        }

        Current = now with { Head = head, FirstRetained = Math.Min(now.FirstRetained, written[0].Offset) };
        _acknowledged = new LogPosition(before.Epoch, head);
        recent.Add(written, commit);
    }

    public void Swept(long firstRetained)
    {
        if (Current is { } state && state.FirstRetained != firstRetained) Current = state with { FirstRetained = firstRetained };
    }

    /// <summary>The database is read before anything else is answered or written.</summary>
    public void Forget()
    {
        Current = null;
        recent.Clear();
    }

    /// <summary>Another message has replaced the newest one that the caller knows: the log gets a new epoch.</summary>
    public async Task ReplacedAsync(LogPosition known)
    {
        await TryBeginEpochAsync(known, isReplaced: true);
        Forget();
    }

    private async Task<ChannelHead> FindAsync()
    {
        var found = await store.OpenAsync(log, CancellationToken.None);
        if (_acknowledged is { } acknowledged)
        {
            if (acknowledged.Epoch == found.Epoch && acknowledged.Head > found.Head)
            {
                await TryBeginEpochAsync(acknowledged, isReplaced: false);
                found = await store.OpenAsync(log, CancellationToken.None);
            }

            if (acknowledged.Epoch != found.Epoch) EpochChanged?.Invoke();
        }

        _acknowledged = new LogPosition(found.Epoch, found.Head);
        if (sharesMemory) recent.Share(found.Logs);
        return found;
    }

    private async Task TryBeginEpochAsync(LogPosition known, bool isReplaced)
    {
        if (await epochs.TryBeginAnewAsync(log, known, isReplaced, CancellationToken.None) is not { } kept) return;
        metrics.LogLost();
        LogLost(log, known.Head, kept);
    }

    [LoggerMessage(501, LogLevel.Error,
        "The database has lost acknowledged messages of channel {Channel}: the newest was {Known}, and now the log ends at "
        + "{Kept} or has other messages there. The log continues in a new epoch; clients that know offsets start over")]
    private partial void LogLost(string channel, long known, long kept);
}
