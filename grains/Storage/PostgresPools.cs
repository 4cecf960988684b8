using Npgsql;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// The connections of one silo, in a pool for each purpose, so that none can take those of another: lists must not keep
/// messages from being committed, nor the silo from writing its sign of life. Together they are <c>Maximum Pool Size</c>.
/// </summary>
internal sealed class PostgresPools : IAsyncDisposable
{
    private const int Share = 5;

    private readonly List<NpgsqlDataSource> _built = [];

    public PostgresPools(NpgsqlConnectionStringBuilder settings)
    {
        var total = settings.MaxPoolSize;
        Small = Math.Max(1, total / Share);
        Reads = Build(settings, "notifyhub-reads", Small);
        Lists = Build(settings, "notifyhub-lists", Small);
        Orleans = Build(settings, "notifyhub-orleans", Small);
        Commits = Build(settings, "notifyhub-commits", Math.Max(1, total - 3 * Small));
    }

    public NpgsqlDataSource Commits { get; }

    public NpgsqlDataSource Reads { get; }

    public NpgsqlDataSource Lists { get; }

    public NpgsqlDataSource Orleans { get; }

    /// <summary>Connections of each pool but that of the commits.</summary>
    public int Small { get; }

    /// <summary>Closes all that are idle, and each of the others when it is given back.</summary>
    public void Clear()
    {
        foreach (var source in _built) source.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _built) await source.DisposeAsync();
    }

    /// <param name="name">Unnamed, its metrics would carry the connection string.</param>
    private NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings, string name, int size)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = size,
            MinPoolSize = Math.Min(settings.MinPoolSize, size),
        };
        var target = Target(own);
        own.Remove("Target Session Attributes");
        var builder = new NpgsqlDataSourceBuilder(own.ConnectionString) { Name = name };
        if (target is null)
        {
            _built.Add(builder.Build());
            return _built[^1];
        }

        var hosts = builder.BuildMultiHost();
        _built.Add(hosts);
        return hosts.WithTargetSession(target.Value);
    }

    /// <summary>Which of several servers is wanted; null: there is one, whatever it is.</summary>
    private static TargetSessionAttributes? Target(NpgsqlConnectionStringBuilder settings) =>
        settings.TargetSessionAttributes?.ToLowerInvariant() switch
        {
            null or "any" when settings.Host?.Contains(',', StringComparison.Ordinal) != true => null,
            null or "primary" => TargetSessionAttributes.Primary,
            "read-write" => TargetSessionAttributes.ReadWrite,
            _ => throw new ArgumentException("Target Session Attributes must be primary or read-write: NotifyHub writes."),
        };
}
