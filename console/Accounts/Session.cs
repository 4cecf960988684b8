using System.Text.Json;
using Microsoft.JSInterop;
using NotifyHub.Console.Api;

namespace NotifyHub.Console.Accounts;

/// <summary>
/// The login of this tab. The token is kept in the tab's session storage: it survives a reload and ends with the tab
/// (docs/console.md says why).
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

    /// <summary>Restores the login that the tab had before it was reloaded.</summary>
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
            // Not written by the console: nobody is logged in.
        }
    }

    public Task BeginAsync(Login login) => StoreAsync(login.Token, login.User);

    /// <summary>Replaces what is known of the user, for example the role, by a newer answer of the server.</summary>
    public Task UpdateAsync(User user) => Token is { } token && user != User ? StoreAsync(token, user) : Task.CompletedTask;

    /// <summary>Takes the token that a change of password returned; the old one is no longer valid.</summary>
    public Task ReplaceTokenAsync(string token) => StoreAsync(token, User! with { DefaultPassword = false });

    public async Task EndAsync(SessionEnd reason)
    {
        if (Token is null) return;
        (Token, User, Ended) = (null, null, reason);
        await js.InvokeVoidAsync("sessionStorage.removeItem", TokenKey);
        await js.InvokeVoidAsync("sessionStorage.removeItem", UserKey);
        Changed?.Invoke();
    }

    private async Task StoreAsync(string token, User user)
    {
        (Token, User, Ended) = (token, user, null);
        await js.InvokeVoidAsync("sessionStorage.setItem", TokenKey, token);
        await js.InvokeVoidAsync("sessionStorage.setItem", UserKey, JsonSerializer.Serialize(user, ApiJson.Default.User));
        Changed?.Invoke();
    }
}
