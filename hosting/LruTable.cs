using System.Diagnostics.CodeAnalysis;

namespace NotifyHub.Hosting;

/// <summary>A bounded table: one entry too many displaces the one that was touched longest ago. Not thread-safe.</summary>
/// <param name="mayGo">Which entries may be displaced; null: any.</param>
public sealed class LruTable<TKey, TValue>(int max, Predicate<TValue>? mayGo = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _entries = [];

    // The newest in front.
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _order = [];

    public int Count => _entries.Count;

    /// <summary>Finds an entry without touching it.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var isThere = _entries.TryGetValue(key, out var node);
        value = isThere ? node!.Value.Value : default;
        return isThere;
    }

    /// <summary>Finds or makes an entry, and touches it.</summary>
    public TValue GetOrAdd(TKey key, Func<TValue> make)
    {
        if (_entries.TryGetValue(key, out var node))
        {
            _order.Remove(node);
            _order.AddFirst(node);
            return node.Value.Value;
        }

        if (_entries.Count >= max) Displace();
        node = _order.AddFirst(KeyValuePair.Create(key, make()));
        _entries.Add(key, node);
        return node.Value.Value;
    }

    public void Remove(TKey key)
    {
        if (_entries.Remove(key, out var node)) _order.Remove(node);
    }

    private void Displace()
    {
        var node = _order.Last;
        while (node is not null && mayGo?.Invoke(node.Value.Value) == false) node = node.Previous;
        if (node is null) return;
        _order.Remove(node);
        _entries.Remove(node.Value.Key);
    }
}
