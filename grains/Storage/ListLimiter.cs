using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Lists and searches that run at a time, and how many may wait for their turn, so that they leave the database to the commits.
/// </summary>
internal sealed class ListLimiter(int concurrent) : IDisposable
{
    internal const int MaxWaiting = 32;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _running = new(concurrent);
    private int _inside;

    /// <exception cref="ListRefusedException">Too many wait already, or waited for too long.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> list, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _inside) > concurrent + MaxWaiting || !await _running.WaitAsync(MaxWait, cancellation))
                throw new ListRefusedException("Too many lists and searches are running.");
            try
            {
                return await list();
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void Dispose() => _running.Dispose();
}
