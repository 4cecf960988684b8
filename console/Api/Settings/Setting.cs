namespace NotifyHub.Console.Api;

/// <param name="Source">default, file, environment or argument.</param>
/// <param name="Part">gateway or silo.</param>
public sealed record Setting(string Name, string? Value, string? Default, string Source, string Part, string Description);
