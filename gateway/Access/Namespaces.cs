using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>The options of the namespaces as this gateway knows them.</summary>
public sealed class Namespaces
{
    private static readonly NamespaceOptions Defaults = new();

    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Permissions of users' own channels are fixed; see ChannelAccess.
    private volatile IReadOnlyDictionary<string, NamespaceOptions> _options = new Dictionary<string, NamespaceOptions>();

    /// <summary>Completes when the grid has told the options: before that, clients must not be let in.</summary>
    public Task Known => _known.Task;

    /// <summary>Options have changed; called after <see cref="Of"/> answers the new ones.</summary>
    public event Action? Changed;

    /// <summary>The options in effect for a name or a pattern.</summary>
    public NamespaceOptions Of(string nameOrPattern)
    {
        var options = _options;
        return options.TryGetValue(ChannelName.NamespaceOf(nameOrPattern), out var own) ? own
            : options.GetValueOrDefault(ChannelName.DefaultNamespace, Defaults);
    }

    /// <summary>Takes the options in effect of all namespaces that have any.</summary>
    public void Set(IReadOnlyDictionary<string, NamespaceOptions> options)
    {
        _options = options;
        Changed?.Invoke();
        _known.TrySetResult();
    }
}
