namespace NotifyHub.Console.Accounts;

/// <summary>
/// The permissions that <c>/api/auth/me</c> lists. The console enables what is listed; it uses the role only to show it.
/// </summary>
public static class Permissions
{
    public const string ControlService = "service.control";
    public const string CloseConnections = "connections.close";
    public const string ManageSchedules = "schedules.manage";

    /// <summary>Also allows marking notifications as read or dismissed.</summary>
    public const string Publish = "notifications.publish";

    public const string DeleteNotifications = "notifications.delete";
    public const string ManageKeys = "keys.manage";
    public const string ManageUsers = "users.manage";
    public const string ManageNamespaces = "namespaces.manage";
    public const string ReadSettings = "settings.read";
}
