using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The newest messages of a channel, consecutive, at most so many bytes of them: what gateways are handed, and what most repairs ask for,
/// without a read of the database.
/// </summary>
internal sealed class RecentMessages(int maxBytes)
{
    // The live part begins at _start; what lies before it is let go in one move when it has become half of the list.
    private readonly List<Message> _messages = [];
    private int _start;
    private long _bytes;

    public void Add(IReadOnlyList<Message> messages)
    {
        _messages.AddRange(messages);
        foreach (var message in messages) _bytes += message.Payload.Length;
        while (_bytes > maxBytes && _start < _messages.Count - 1) _bytes -= _messages[_start++].Payload.Length;
        if (_start <= _messages.Count / 2) return;
        _messages.RemoveRange(0, _start);
        _start = 0;
    }

    public void Clear()
    {
        _messages.Clear();
        _start = 0;
        _bytes = 0;
    }

    /// <summary>True when everything above the offset is here.</summary>
    public bool Covers(long after) => _start < _messages.Count && _messages[_start].Offset <= after + 1;

    /// <summary>What follows the offset, or begins with the oldest that is here when that is later.</summary>
    public Message[] After(long after, int maxMessages, int maxMessageBytes)
    {
        if (_start == _messages.Count) return [];
        var first = _start + (int)Math.Clamp(after + 1 - _messages[_start].Offset, 0, _messages.Count - _start);
        var (end, bytes) = (first, 0L);
        while (end < _messages.Count && end - first < maxMessages)
        {
            bytes += _messages[end].Payload.Length;
            // One always goes, however long.
            if (bytes > maxMessageBytes && end > first) break;
            end++;
        }

        return [.. _messages[first..end]];
    }
}
