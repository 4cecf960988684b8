namespace NotifyHub.Console.Api;

/// <summary>The user who is logged in.</summary>
/// <param name="DefaultPassword">The publicly known default password is still in use.</param>
/// <param name="Permissions">What the API allows this user to do.</param>
public sealed record User(
    long Id, string Email, string Name, string Role, bool DefaultPassword = false, IReadOnlyList<string>? Permissions = null);
