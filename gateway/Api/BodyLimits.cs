namespace NotifyHub.Gateway.Api;

/// <summary>The bounds. JSON may escape every character, then it is 6 bytes, or 12 outside the BMP.</summary>
internal static class BodyLimits
{
    /// <summary>A few short fields.</summary>
    public const int Small = 4 << 10;

    /// <summary>An API key with all its channels.</summary>
    public const int Key = 32 << 10;

    /// <summary>An account with its password.</summary>
    public const int Account = 16 << 10;

    /// <summary>What a client token is to say.</summary>
    public const int ClientToken = 128 << 10;

    /// <summary>One notification, every field at its longest.</summary>
    public const int Notification = 256 << 10;

    /// <summary>A notification, and when to send it.</summary>
    public const int Schedule = Notification + Account;
}
