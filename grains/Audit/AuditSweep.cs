using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Audit;

/// <summary>Deletes old entries of the audit log, and logins and issued tokens beyond their number: they must not
/// displace what was done.</summary>
public sealed class AuditSweep(Database database, IOptions<SiloOptions> options)
{
    private const int BatchSize = 500;

    /// <summary>Returns how many entries were deleted.</summary>
    public async Task<long> RunAsync(DateTimeOffset now, CancellationToken cancellation = default)
    {
        var before = (now - options.Value.AuditAge).ToStored();
        var maxLogins = options.Value.AuditLogins;
        return await DeleteAsync("at < @before ORDER BY at", keep: 0)
            + await DeleteAsync($"act = '{AuditGrain.Login}' ORDER BY id DESC", maxLogins)
            + await DeleteAsync($"act = '{AuditGrain.FailedLogin}' ORDER BY at DESC", maxLogins)
            + await DeleteAsync($"act = '{AuditGrain.IssuedToken}' ORDER BY id DESC", maxLogins);

        Task<long> DeleteAsync(string which, int keep) =>
            BatchedDelete.RunAsync(database, "audit", "id", which, new { before }, BatchSize, cancellation, keep);
    }
}
