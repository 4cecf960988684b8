using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

public sealed record NewPassword(
    [property: JsonPropertyName("current_password")] string CurrentPassword,
    [property: JsonPropertyName("new_password")] string Password);
