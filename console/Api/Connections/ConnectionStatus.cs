namespace NotifyHub.Console.Api;

public static class ConnectionStatus
{
    public const string Connected = "connected";
    public const string Disconnected = "disconnected";
    public const string Error = "error";

    public static readonly IReadOnlyList<string> All = [Connected, Disconnected, Error];
}
