using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <param name="Source">default, file, environment or argument.</param>
/// <param name="Part">gateway or silo.</param>
/// <param name="Description">What it means; Chinese, or English with <c>Accept-Language: en</c>.</param>
public sealed record SettingView(
    string Name, string Value, string Default,
    [property: AllowedValues("default", "file", "environment", "argument")] string Source,
    [property: AllowedValues("gateway", "silo")] string Part, string Description);
