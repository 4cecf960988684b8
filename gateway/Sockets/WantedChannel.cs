using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A channel or pattern that a client may subscribe to, on its way to be subscribed.</summary>
/// <param name="name">The name or pattern.</param>
/// <param name="options">Of its namespace.</param>
internal sealed class WantedChannel(string name, NamespaceOptions options)
{
    public string Name => name;

    public NamespaceOptions Options => options;

    public bool IsPattern => name.EndsWith('*');

    /// <summary>A place was given: it goes on from there. Without one a subscription that exists stays where it is.</summary>
    public bool HasPlace { get; set; }

    /// <summary>What was missed since the place is known to follow.</summary>
    public bool IsRecovered { get; set; }

    public (long From, long To)? Gap { get; private set; }

    /// <summary>Its parts, one per log: one for a name, all for a pattern.</summary>
    public List<WantedPart> Parts { get; } = [];

    /// <summary>Something behind the place may have been there and is no longer retained.</summary>
    public void AddGap(long from, long to)
    {
        IsRecovered = false;
        Gap = Gap is { } known ? (Math.Min(known.From, from), Math.Max(known.To, to)) : (from, to);
    }
}
