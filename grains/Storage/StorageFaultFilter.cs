using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Removes the cause from a <see cref="StorageUnavailableException"/> that leaves a grain: the driver's exceptions cannot be
/// serialized, and they name SQL and hosts. The health has logged the faults of the database; other causes are logged here.
/// </summary>
internal sealed partial class StorageFaultFilter(Database database, SiloMetrics metrics, ILogger<StorageFaultFilter> logger)
    : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        var call = context.Invoke();
        return call.IsCompletedSuccessfully ? call : WithoutCauseAsync(call, context);
    }

    private async Task WithoutCauseAsync(Task call, IIncomingGrainCallContext context)
    {
        try
        {
            await call;
        }
        catch (StorageUnavailableException failure)
        {
            metrics.StorageFailed(isBroken: failure is StorageBrokenException);
            if (failure.InnerException is not { } cause) throw;
            if (database.IsRefusal(cause)) LogRefused(cause, context.InterfaceName, context.MethodName);
            throw failure.WithoutCause();
        }
        catch (ListRefusedException refused) when (refused.InnerException is { } cause)
        {
            LogListRefused(cause, context.InterfaceName, context.MethodName);
            throw new ListRefusedException(refused.Message);
        }
    }

    [LoggerMessage(1801, LogLevel.Error, "The database refused the values of a call to {Interface}.{Method}")]
    private partial void LogRefused(Exception exception, string @interface, string method);

    [LoggerMessage(1802, LogLevel.Warning, "A list query was cancelled: {Interface}.{Method}")]
    private partial void LogListRefused(Exception exception, string @interface, string method);
}
