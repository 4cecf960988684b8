namespace NotifyHub.Console.Api;

/// <summary>A user account.</summary>
public sealed record Account(
    long Id, string Email, string Name, string Role, bool Disabled, DateTimeOffset CreatedAt, DateTimeOffset? LastLoginAt);
