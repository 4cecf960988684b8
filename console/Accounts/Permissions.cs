namespace NotifyHub.Console.Accounts;

/// <summary>What the API may allow a person, by the names it lists at <c>/api/auth/me</c>. The console offers what it lists: it knows roles only to show
/// them.</summary>
public static class Permissions
{
    public const string ControlService = "service.control";
    public const string CloseConnections = "connections.close";
    public const string ManageSchedules = "schedules.manage";

    /// <summary>Also to mark notifications as read or dismissed.</summary>
    public const string Publish = "notifications.publish";

    public const string DeleteNotifications = "notifications.delete";
    public const string ManageKeys = "keys.manage";
    public const string ManageUsers = "users.manage";
    public const string ReadSettings = "settings.read";
}
