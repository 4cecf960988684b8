using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The newest messages of a channel, consecutive, at most so many bytes of them: what gateways are handed, and what most repairs ask for,
/// without a read of the database.
/// </summary>
internal sealed class RecentMessages(int maxBytes)
{
    private readonly Queue<Message> _messages = new();
    private long _bytes;

    /// <summary>Offset of the oldest; meaningless while empty.</summary>
    private long First => _messages.Peek().Offset;

    public void Add(ReadOnlySpan<Message> messages)
    {
        foreach (var message in messages)
        {
            _messages.Enqueue(message);
            _bytes += message.Payload.Length;
        }

        while (_bytes > maxBytes && _messages.Count > 1) _bytes -= _messages.Dequeue().Payload.Length;
    }

    public void Clear()
    {
        _messages.Clear();
        _bytes = 0;
    }

    /// <summary>True when everything above the offset is here.</summary>
    public bool Covers(long after) => _messages.Count > 0 && First <= after + 1;

    /// <summary>What follows the offset, or the oldest that is here when that is later.</summary>
    public Message[] After(long after, int maxMessages, int maxMessageBytes)
    {
        if (_messages.Count == 0) return [];
        var batch = new List<Message>();
        var bytes = 0;
        foreach (var message in _messages.Skip((int)Math.Clamp(after + 1 - First, 0, _messages.Count)))
        {
            bytes += message.Payload.Length;
            if (batch.Count == maxMessages || (batch.Count > 0 && bytes > maxMessageBytes)) break;
            batch.Add(message);
        }

        return [.. batch];
    }
}
