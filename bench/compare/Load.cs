namespace NotifyHub.Bench.Compare;

/// <summary>One run of the generator against one server.</summary>
/// <param name="Name">Names its files.</param>
/// <param name="Options">Of the generator.</param>
/// <param name="BacklogBytes">How far a client may lag, on every server that has such a bound; NotifyHub's default.</param>
/// <param name="NeedsRest">Only NotifyHub can take it.</param>
/// <param name="Group">Loads of one group, which come one after the other, meet the same server; without one it is a fresh one for each.</param>
internal sealed record Load(
    string Name, IReadOnlyList<string> Options, int BacklogBytes = 16 << 20, bool NeedsRest = false, string? Group = null);
