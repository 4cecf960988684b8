namespace NotifyHub.GrainInterfaces;

/// <summary>How an act ended.</summary>
public static class AuditOutcome
{
    /// <summary>It was begun; whether it was done is not known: a process died or did not answer.</summary>
    public const string Attempted = "attempted";

    public const string Done = "done";

    /// <summary>It was not possible or not right; nothing has changed.</summary>
    public const string Refused = "refused";

    public static readonly IReadOnlyList<string> All = [Attempted, Done, Refused];
}
