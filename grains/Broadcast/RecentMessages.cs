using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The newest messages of a channel, consecutive, at most so many bytes of them: what gateways are handed, and what most repairs ask for,
/// without a read of the database.
/// </summary>
internal sealed class RecentMessages(int maxBytes)
{
    // The live part begins at _start; what lies before it is let go in one move when it has become half of the list.
    private readonly List<Recent> _messages = [];
    private int _start;
    private long _bytes;

    /// <summary>Adds what was committed together.</summary>
    public void Add(IReadOnlyList<Message> messages, Commit commit)
    {
        foreach (var message in messages)
        {
            _messages.Add(new Recent(message, commit));
            _bytes += message.Payload.Length;
        }

        while (_bytes > maxBytes && _start < _messages.Count - 1) _bytes -= _messages[_start++].Message.Payload.Length;
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
    public bool Covers(long after) => _start < _messages.Count && _messages[_start].Message.Offset <= after + 1;

    /// <summary>What follows the offset, or begins with the oldest that is here when that is later.</summary>
    /// <param name="commit">That of the first of them; null when there are none.</param>
    public Message[] After(long after, int maxMessages, int maxMessageBytes, out Commit? commit)
    {
        commit = null;
        if (_start == _messages.Count) return [];
        var first = _start + (int)Math.Clamp(after + 1 - _messages[_start].Message.Offset, 0, _messages.Count - _start);
        var (end, bytes) = (first, 0L);
        while (end < _messages.Count && end - first < maxMessages)
        {
            bytes += _messages[end].Message.Payload.Length;
            // One always goes, however long.
            if (bytes > maxMessageBytes && end > first) break;
            end++;
        }

        if (first == end) return [];
        commit = _messages[first].Commit;
        var found = new Message[end - first];
        for (var i = 0; i < found.Length; i++) found[i] = _messages[first + i].Message;
        return found;
    }

    private readonly record struct Recent(Message Message, Commit Commit);
}
