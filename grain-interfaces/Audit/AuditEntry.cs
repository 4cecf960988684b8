namespace NotifyHub.GrainInterfaces;

/// <param name="At">UTC.</param>
/// <param name="Who">An e-mail address.</param>
/// <param name="Act">What was done, such as <c>user.create</c>.</param>
/// <param name="Target">The path of what it was done to.</param>
/// <param name="Outcome">One of <see cref="AuditOutcome"/>.</param>
/// <param name="Times">How often; more than once only for failed logins, which are summed.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditEntry")]
public sealed record AuditEntry(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] string Who,
    [property: Id(2)] string Act,
    [property: Id(3)] string Target,
    [property: Id(4)] string Address,
    [property: Id(5)] string Outcome = AuditOutcome.Done,
    [property: Id(6)] long Times = 1);
