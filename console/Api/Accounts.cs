using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

public sealed record LoginRequest(string Email, string Password);

public sealed record Login(string Token, User User);

/// <summary>Who is logged in.</summary>
/// <param name="DefaultPassword">The password that everybody knows is still in use: change it.</param>
/// <param name="Permissions">What the API allows them to do.</param>
public sealed record User(
    long Id, string Email, string Name, string Role, bool DefaultPassword = false, IReadOnlyList<string>? Permissions = null);

public static class Roles
{
    public const string Administrator = "administrator";
    public const string Operator = "operator";
    public const string Viewer = "viewer";

    public static readonly IReadOnlyList<string> All = [Administrator, Operator, Viewer];
}

public sealed record PasswordChange(string CurrentPassword, string NewPassword);

public sealed record NewToken(string Token);

/// <summary>Somebody who may log in.</summary>
public sealed record Account(long Id, string Email, string Name, string Role, bool Disabled, DateTimeOffset CreatedAt, DateTimeOffset? LastLoginAt);

public sealed record AccountPage(IReadOnlyList<Account> Users, long Total);

public sealed record NewAccount(string Email, string Name, string Role, string Password);

/// <summary>What is null stays as it is.</summary>
public sealed record AccountChange(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Disabled = null);

public sealed record PasswordReset(string Password);

/// <summary>An API key, without the key itself.</summary>
/// <param name="Scopes">What it may do: publish, read.</param>
public sealed record ApiKey(
    long Id, string Name, string Prefix, string CreatedBy, string CreatedAt, string? LastUsedAt, string? RevokedAt, IReadOnlyList<string> Scopes);

public static class KeyScopes
{
    public static readonly IReadOnlyList<string> All = ["publish", "read"];
}

public sealed record ApiKeyList(IReadOnlyList<ApiKey> Keys);

public sealed record NewApiKey(string Name, IReadOnlyList<string> Scopes);

/// <param name="Key">Shown this once.</param>
public sealed record CreatedApiKey(long Id, string Name, string Prefix, string Key);
