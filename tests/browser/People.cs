using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;

namespace NotifyHub.BrowserTests;

internal static class People
{
    /// <summary>Adds a user, so that no test ends the login of another.</summary>
    public static async Task<(long Id, string Email)> AddAsync(NotifyHubProcess hub, string role, string password)
    {
        using var admin = await hub.LogInAsync();
        var email = $"{role}-{Guid.NewGuid():N}@notifyhub.com";
        var answer = await admin.PostAsync(
            "/api/users", JsonSerializer.Serialize(new { email, name = $"Some {role}", role, password }));
        return (answer.Expect(HttpStatusCode.Created).Data.GetProperty("id").GetInt64(), email);
    }
}
