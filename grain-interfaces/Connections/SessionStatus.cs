namespace NotifyHub.GrainInterfaces;

/// <summary>The status of a stored session.</summary>
public static class SessionStatus
{
    public const string Connected = "connected";
    public const string Disconnected = "disconnected";
    public const string Error = "error";

    public static readonly IReadOnlyList<string> All = [Connected, Disconnected, Error];
}
