using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>Null leaves a value unchanged.</summary>
public sealed record AccountChange(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Disabled = null);
