namespace NotifyHub.Console.Accounts;

public enum SessionEnd
{
    /// <summary>The user logged out.</summary>
    LoggedOut,

    /// <summary>The server rejected the token.</summary>
    Expired,
}
