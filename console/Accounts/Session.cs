using System.Text.Json;
using Microsoft.JSInterop;
using NotifyHub.Console.Api;

namespace NotifyHub.Console.Accounts;

/// <summary>
/// Who is logged in, in this tab. The token is kept in the tab's session storage: it survives a reload and ends with the tab (docs/console.md
/// says why there).
/// </summary>
public sealed class Session(IJSRuntime js)
{
    private const string TokenKey = "notifyhub.token";
    private const string UserKey = "notifyhub.user";

    public event Action? Changed;

    public string? Token { get; private set; }

    public User? User { get; private set; }

    /// <summary>Why the last login ended; null before and during a login.</summary>
    public SessionEnd? Ended { get; private set; }

    public bool IsActive => Token is not null;

    /// <summary>Whether the API allows it.</summary>
    /// <param name="permission">One of <see cref="Permissions"/>.</param>
    public bool May(string permission) => User?.Permissions?.Contains(permission) == true;

    /// <summary>Takes up the login that the tab had before it was reloaded.</summary>
    public async Task RestoreAsync()
    {
        var token = await js.InvokeAsync<string?>("sessionStorage.getItem", TokenKey);
        var user = await js.InvokeAsync<string?>("sessionStorage.getItem", UserKey);
        if (string.IsNullOrEmpty(token) || string.IsNullOrEmpty(user)) return;
        try
        {
            User = JsonSerializer.Deserialize(user, ApiJson.Default.User);
            Token = User is null ? null : token;
        }
        catch (JsonException)
        {
            // Not ours: then nobody is logged in.
        }
    }

    public Task BeginAsync(Login login) => KeepAsync(login.Token, login.User);

    /// <summary>Takes what the server says now about the person, for example their role.</summary>
    public Task UpdateAsync(User user) => Token is { } token && user != User ? KeepAsync(token, user) : Task.CompletedTask;

    /// <summary>The token after a change of password: the one before is no good any more.</summary>
    public Task ReplaceTokenAsync(string token) => KeepAsync(token, User! with { DefaultPassword = false });

    public async Task EndAsync(SessionEnd why)
    {
        if (Token is null) return;
        (Token, User, Ended) = (null, null, why);
        await js.InvokeVoidAsync("sessionStorage.removeItem", TokenKey);
        await js.InvokeVoidAsync("sessionStorage.removeItem", UserKey);
        Changed?.Invoke();
    }

    private async Task KeepAsync(string token, User user)
    {
        (Token, User, Ended) = (token, user, null);
        await js.InvokeVoidAsync("sessionStorage.setItem", TokenKey, token);
        await js.InvokeVoidAsync("sessionStorage.setItem", UserKey, JsonSerializer.Serialize(user, ApiJson.Default.User));
        Changed?.Invoke();
    }
}

public enum SessionEnd
{
    /// <summary>The person logged out.</summary>
    LoggedOut,

    /// <summary>The server does not take the token any more.</summary>
    Expired,
}
