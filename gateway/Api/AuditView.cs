using System.ComponentModel.DataAnnotations;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="At">Of failed logins the minute.</param>
/// <param name="Act">What was done, such as user.create.</param>
/// <param name="Target">The path of what it was done to.</param>
/// <param name="Outcome">attempted (begun; whether it was done is not known), done or refused.</param>
/// <param name="Times">How often: failed logins of one account and network are one entry a minute.</param>
public sealed record AuditView(
    long Id, DateTime At, string Who, string Act, string Target, string Address,
    [property: AllowedValues("attempted", "done", "refused")] string Outcome, long Times)
{
    public static AuditView Of(StoredAuditEntry stored)
    {
        var entry = stored.Entry;
        return new(
            stored.Id, entry.At.UtcDateTime, entry.Who, entry.Act, entry.Target, entry.Address, entry.Outcome, entry.Times);
    }
}
