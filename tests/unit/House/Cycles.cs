namespace NotifyHub.UnitTests.House;

/// <summary>Cycles in a graph.</summary>
internal static class Cycles
{
    /// <summary>The edges that are part of a cycle: their target leads back to their source.</summary>
    public static IReadOnlyList<(T From, T To)> Arrows<T>(IReadOnlyCollection<(T From, T To)> arrows)
        where T : notnull
    {
        var targets = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        Dictionary<T, HashSet<T>> reachable = [];
        return [.. arrows.Where(arrow => Reachable(arrow.To).Contains(arrow.From))];

        HashSet<T> Reachable(T from)
        {
            if (reachable.TryGetValue(from, out var known)) return known;
            HashSet<T> seen = [from];
            Stack<T> next = new([from]);
            while (next.TryPop(out var at))
            {
                foreach (var target in targets[at])
                    if (seen.Add(target)) next.Push(target);
            }

            return reachable[from] = seen;
        }
    }
}
