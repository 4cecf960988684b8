using System.Text.Json.Serialization;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="ExpiresAt">When the token ends.</param>
public sealed record Login(string Token, [property: JsonPropertyName("expires_at")] DateTime ExpiresAt, UserView User)
{
    public static Login Of(User user, TokenIssuer tokens)
    {
        var (token, expiresAt) = tokens.Issue(user);
        return new Login(token, expiresAt.UtcDateTime, UserView.Of(user));
    }
}
