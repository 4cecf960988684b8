namespace NotifyHub.GrainInterfaces;

/// <summary>Who may subscribe to the channels of a namespace.</summary>
public enum SubscribeAccess
{
    /// <summary>Anybody.</summary>
    Public,

    /// <summary>A client token that allows it.</summary>
    Token,

    /// <summary>Logins, and API keys that may read.</summary>
    Staff,
}
