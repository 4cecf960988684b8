using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="DefaultPassword">Somebody who may log in has the password that everybody can read in the documentation.</param>
internal sealed record InfoView(
    string Version,
    string Mode,
    [property: JsonPropertyName("time_zone")] string TimeZone,
    [property: JsonPropertyName("default_password")] bool DefaultPassword);
