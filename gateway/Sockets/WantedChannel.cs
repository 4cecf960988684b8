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

    /// <summary>The place is of this grid, and nothing is lost behind it.</summary>
    public bool IsPlaceGood { get; set; }

    /// <summary>Everything behind the place follows.</summary>
    public bool IsRecovered => IsPlaceGood && Gap is null;

    public (long From, long To)? Gap => Parts.Exists(part => part.Gap is not null)
        ? (Parts.Min(part => part.Gap?.From ?? long.MaxValue), Parts.Max(part => part.Gap?.To ?? 0))
        : null;

    /// <summary>Its parts, one per log: one for a name, all for a pattern.</summary>
    public List<WantedPart> Parts { get; } = [];
}
