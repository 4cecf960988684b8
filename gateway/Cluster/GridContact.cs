namespace NotifyHub.Gateway.Cluster;

/// <summary>Whether the grid answers this gateway. <see cref="GridRegistration"/> and <see cref="SessionReporter"/> each write
/// their part.</summary>
public sealed class GridContact
{
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRegistered = true;
    private volatile bool _isReporting = true;

    /// <summary>The grid answered the last registration and the last session report. True until a first one failed.</summary>
    public bool IsReachable => _isRegistered && _isReporting;

    /// <summary>Completes when the grid has answered and the wanted state is in effect here for the first time. Fails if this
    /// process cannot bring it about (a port is taken).</summary>
    public Task First => Task.WhenAll(_registered.Task, _reported.Task);

    public void Registered()
    {
        _isRegistered = true;
        _registered.TrySetResult();
    }

    public void NotRegistered(Exception failure)
    {
        _isRegistered = false;
        if (failure is IOException) _registered.TrySetException(failure);
    }

    public void Reported()
    {
        _isReporting = true;
        _reported.TrySetResult();
    }

    public void NotReported() => _isReporting = false;
}
