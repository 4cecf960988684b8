namespace NotifyHub.Hosting.Settings;

/// <summary>The name that was probably meant.</summary>
public static class NearestName
{
    /// <returns>Null: none is near enough to be worth a guess.</returns>
    public static string? Of(string given, IReadOnlyList<string> names)
    {
        if (names.Count == 0) return null;
        var (distance, nearest) = names
            .Select(name => (Distance: Distance(given.ToLowerInvariant(), name.ToLowerInvariant()), Name: name))
            .MinBy(each => each.Distance);
        return distance <= Math.Max(2, given.Length / 3) ? nearest : null;
    }

    /// <summary>How many letters to add, drop, change or swap with their neighbour until one is the other.</summary>
    private static int Distance(string one, string other)
    {
        var steps = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++) steps[i, 0] = i;
        for (var j = 0; j <= other.Length; j++) steps[0, j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            for (var j = 1; j <= other.Length; j++)
            {
                var change = one[i - 1] == other[j - 1] ? 0 : 1;
                steps[i, j] = Math.Min(Math.Min(steps[i - 1, j], steps[i, j - 1]) + 1, steps[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
            }
        }

        return steps[one.Length, other.Length];
    }
}
