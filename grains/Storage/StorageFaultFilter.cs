using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Takes the cause out of a <see cref="StorageUnavailableException"/> that leaves a grain. The driver's exceptions cannot be
/// serialized: the caller would be told that there is no codec for them instead of what it can act on. They also name SQL and hosts.
/// </summary>
internal sealed class StorageFaultFilter(SiloMetrics metrics) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var call = context.Invoke();
        return call.IsCompletedSuccessfully ? call : WithoutCauseAsync(call);
    }

    private async Task WithoutCauseAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (StorageUnavailableException fault)
        {
            metrics.StorageFailed();
            if (fault.InnerException is null) throw;
            throw new StorageUnavailableException(fault.Message);
        }
        catch (ListRefusedException refused) when (refused.InnerException is not null)
        {
            throw new ListRefusedException(refused.Message);
        }
    }
}
