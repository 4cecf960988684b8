using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Bounds the memory of all request bodies that are handled at a time; one caller gets half of it at most. A request that does
/// not fit is refused before it has any effect.
/// </summary>
internal sealed class BodyBudget(IOptions<GatewayOptions> options)
{
    /// <summary>This many bytes of each body are not counted: the number of connections bounds them.</summary>
    public const int Free = 16 << 10;

    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _byCaller = new(StringComparer.Ordinal);
    private readonly long _max = options.Value.RequestBodiesBytes;
    // Half, but always one body: otherwise the largest body would always be refused.
    private readonly long _maxPerCaller = Math.Max(options.Value.RequestBodiesBytes / 2, options.Value.RequestBytes);
    private long _held;

    /// <exception cref="RefusedException">The memory limit is reached.</exception>
    public void Take(string caller, long bytes)
    {
        lock (_lock)
        {
            if (_held + bytes > _max) throw new RefusedException(ErrorCatalogue.Unavailable, ComeBack);
            if (_byCaller.GetValueOrDefault(caller) + bytes > _maxPerCaller)
                throw new RefusedException(ErrorCatalogue.RateLimited, ComeBack);
            _held += bytes;
            CollectionsMarshal.GetValueRefOrAddDefault(_byCaller, caller, out _) += bytes;
        }
    }

    public void GiveBack(string caller, long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            if (_byCaller[caller] == bytes) _byCaller.Remove(caller);
            else _byCaller[caller] -= bytes;
        }
    }
}
