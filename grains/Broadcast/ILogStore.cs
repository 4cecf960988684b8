using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Where a log is kept. There are two kinds: one channel without holes (<see cref="MessageStore"/>), and many channels
/// (<see cref="ChannelStore"/>).</summary>
public interface ILogStore
{
    /// <summary>Where the log stands; makes the log, with a new epoch, when it does not exist.</summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    Task<ChannelHead> OpenAsync(string log, CancellationToken cancellation);

    /// <summary>Appends in one durable transaction.</summary>
    /// <exception cref="FencedException">Another activation has written to the log or used one of the keys, or the log has
    /// another epoch: nothing was written.</exception>
    /// <exception cref="NotStorableException">The database refuses some of the values: nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; whether it committed is unknown.</exception>
    Task AppendAsync(string log, string epoch, LogAppend append, CancellationToken cancellation);

    /// <summary>Messages above an offset, up to a number and a size of payload, but at least one if there is one.</summary>
    /// <param name="log">The log.</param>
    /// <param name="after">The last offset that the reader has.</param>
    /// <param name="head">The log's newest offset.</param>
    /// <param name="maxMessages">How many.</param>
    /// <param name="maxBytes">How much payload.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    Task<LogPage> ReadAsync(
        string log, long after, long head, int maxMessages, int maxBytes, CancellationToken cancellation);
}
