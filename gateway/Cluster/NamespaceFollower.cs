using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>Reads the options of the namespaces from the grid when they have changed: once per second, and at once after a change
/// that was made here. While the grid does not answer, the known ones stay in effect.</summary>
internal sealed partial class NamespaceFollower(
    IGrainFactory grains, Namespaces namespaces, TimeProvider time, ILogger<NamespaceFollower> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // One at a time, so that an older answer never replaces a newer one.
    private readonly SemaphoreSlim _reading = new(1, 1);
    private string? _version;
    private bool _isFailing;

    /// <summary>Reads what is set now, and puts it into effect here at once.</summary>
    /// <exception cref="TimeoutException">The grid does not answer.</exception>
    public async Task<NamespaceSnapshot> ReadAsync(CancellationToken cancellation) =>
        (await TakeAsync(isKnown: false, cancellation))!;

    private async Task<NamespaceSnapshot?> TakeAsync(bool isKnown, CancellationToken cancellation)
    {
        await _reading.WaitAsync(cancellation);
        try
        {
            var read = await grains.GetGrain<INamespaceGrain>(GrainKeys.Only).ReadAsync(isKnown ? _version : null)
                .WaitAsync(GridCall.Timeout, time, cancellation);
            if (read is null || read.Version == _version) return read;
            namespaces.Set(read.InEffect());
            _version = read.Version;
            return read;
        }
        finally
        {
            _reading.Release();
        }
    }

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new RepeatedCall(Interval, time).RunAsync(TryTakeAsync, stoppingToken);

    private async Task<bool> TryTakeAsync(CancellationToken cancellation)
    {
        try
        {
            await TakeAsync(isKnown: true, cancellation);
            if (_isFailing) LogRead();
            _isFailing = false;
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            if (!_isFailing) LogNotRead(GridCall.Describe(failure));
            _isFailing = true;
            return false;
        }
    }

    [LoggerMessage(6701, LogLevel.Warning, "The namespaces cannot be read; the options that are known stay in effect: {Error}")]
    private partial void LogNotRead(string error);

    [LoggerMessage(6702, LogLevel.Information, "The namespaces can be read again")]
    private partial void LogRead();
}
