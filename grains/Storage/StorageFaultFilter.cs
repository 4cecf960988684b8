using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Takes the cause out of a <see cref="StorageUnavailableException"/> that leaves a grain. The driver's exceptions cannot be
/// serialized: the caller would be told that there is no codec for them instead of what it can act on. They also name SQL and hosts.
/// </summary>
internal sealed class StorageFaultFilter : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var call = context.Invoke();
        return call.IsCompletedSuccessfully ? call : WithoutCauseAsync(call);
    }

    private static async Task WithoutCauseAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (StorageUnavailableException fault) when (fault.InnerException is not null)
        {
            throw new StorageUnavailableException(fault.Message);
        }
    }
}
