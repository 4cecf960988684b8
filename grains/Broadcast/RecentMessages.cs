using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The newest messages of a channel, consecutive and bounded in bytes: gateways and most repairs are served from here
/// without reading the database.
/// </summary>
internal sealed class RecentMessages(int maxBytes)
{
    // What a message of a channel takes beside its payload, roughly. A retraction has no payload at all.
    private const int PartBytes = 256;

    private const int MinBytes = 1 << 16;

    // The live part begins at _start; what lies before it is let go in one move when it has become half of the list.
    private readonly List<Recent> _messages = [];
    private int _start;
    private long _bytes;
    private readonly int _budget = maxBytes;
    private int _maxBytes = maxBytes;

    /// <summary>The size of a message, for limits.</summary>
    public static int SizeOf(Message message) => message.Payload.Length + (message.Part is null ? 0 : PartBytes);

    /// <summary>All logs that carry channels have one budget together, as if all were in this silo.</summary>
    public void Share(int logs) => _maxBytes = Math.Max(MinBytes, _budget / Math.Max(1, logs));

    /// <summary>Adds what was committed together.</summary>
    public void Add(IReadOnlyList<Message> messages, Commit commit)
    {
        foreach (var message in messages)
        {
            _messages.Add(new Recent(message, commit));
            _bytes += SizeOf(message);
        }

        while (_bytes > _maxBytes && _start < _messages.Count - 1) _bytes -= SizeOf(_messages[_start++].Message);
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
    public RecentBatch After(long after, int maxMessages, int maxMessageBytes)
    {
        if (_start == _messages.Count) return RecentBatch.Empty;
        var first = _start + (int)Math.Clamp(after + 1 - _messages[_start].Message.Offset, 0, _messages.Count - _start);
        var (end, bytes) = (first, 0L);
        while (end < _messages.Count && end - first < maxMessages)
        {
            bytes += SizeOf(_messages[end].Message);
            // One always goes, however long.
            if (bytes > maxMessageBytes && end > first) break;
            end++;
        }

        return first == end ? RecentBatch.Empty : Take(first, end);
    }

    private RecentBatch Take(int first, int end)
    {
        var found = new Message[end - first];
        List<string>? traces = null;
        Commit? commit = null;
        for (var i = 0; i < found.Length; i++)
        {
            (found[i], var own) = _messages[first + i];
            if (ReferenceEquals(own, commit)) continue;
            commit = own;
            if (own.Trace is { } trace && traces is not { Count: >= Tracing.MaxLinks }) (traces ??= []).Add(trace);
        }

        return new RecentBatch(found, _messages[first].Commit.AcceptedAt, traces?.ToArray());
    }

    private readonly record struct Recent(Message Message, Commit Commit);
}
