using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="DefaultPassword">Some user who may log in still has the documented default password.</param>
internal sealed record InfoView(
    string Version,
    [property: AllowedValues("embedded", "cluster")] string Mode,
    [property: JsonPropertyName("time_zone")] string TimeZone,
    [property: JsonPropertyName("default_password")] bool DefaultPassword);
