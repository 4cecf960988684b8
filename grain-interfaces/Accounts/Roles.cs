namespace NotifyHub.GrainInterfaces;

/// <summary>What a caller may do.</summary>
public static class Roles
{
    /// <summary>Everything, also start, stop, users and API keys.</summary>
    public const string Administrator = "administrator";

    /// <summary>Publishes, keeps schedules, marks and deletes notifications, and reads.</summary>
    public const string Operator = "operator";

    /// <summary>Reads.</summary>
    public const string Viewer = "viewer";

    /// <summary>An internal service with an API key: publishes and reads.</summary>
    public const string Service = "service";

    /// <summary>The roles that a person can have.</summary>
    public static readonly IReadOnlyList<string> OfPeople = [Administrator, Operator, Viewer];
}
