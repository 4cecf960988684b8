namespace NotifyHub.Bench.Compare;

/// <summary>One run of the generator against one server.</summary>
/// <param name="Name">The name of its files.</param>
/// <param name="Options">The options of the generator.</param>
/// <param name="BacklogBytes">
/// How far a client may lag, on every server with such a limit. The default is that of NotifyHub.
/// </param>
/// <param name="NeedsRest">Only NotifyHub supports it.</param>
/// <param name="Group">Consecutive loads of one group use the same server. A load without a group gets a new one.</param>
internal sealed record Load(
    string Name, IReadOnlyList<string> Options, int BacklogBytes = 16 << 20, bool NeedsRest = false, string? Group = null);
