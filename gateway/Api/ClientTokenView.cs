using System.Text.Json.Serialization;
using NotifyHub.Gateway.Access;

namespace NotifyHub.Gateway.Api;

/// <param name="Token">What the client shows.</param>
/// <param name="ExpiresAt">When the token ends.</param>
/// <param name="Jti">By which it can be revoked.</param>
public sealed record ClientTokenView(
    string Token, [property: JsonPropertyName("expires_at")] DateTime ExpiresAt, string Jti) : IConcerning
{
    [JsonIgnore]
    private string User { get; init; } = "";

    string IConcerning.Subject => $"{User}/{Jti}";

    public static ClientTokenView Of(IssuedToken issued, string user) =>
        new(issued.Token, issued.ExpiresAt.UtcDateTime, issued.Id) { User = user };
}
