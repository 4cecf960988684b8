namespace NotifyHub.Gateway.Api;

/// <summary>What one request holds of the budget, until it has been answered.</summary>
internal sealed class BodyHold(BodyBudget budget, string caller) : IDisposable
{
    private long _counted;

    /// <exception cref="RefusedException">The memory limit is reached.</exception>
    public void GrowTo(long bytes)
    {
        var more = bytes - BodyBudget.Free - _counted;
        if (more <= 0) return;
        budget.Take(caller, more);
        _counted += more;
    }

    public void Dispose()
    {
        if (_counted > 0) budget.GiveBack(caller, _counted);
        _counted = 0;
    }
}
