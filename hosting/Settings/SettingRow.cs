namespace NotifyHub.Hosting.Settings;

/// <summary>A setting as docs/configuration.md describes it.</summary>
/// <param name="Default">As the page writes it, <c>(empty)</c> for none. The Chinese page has neither default nor range.</param>
public sealed record SettingRow(string Name, bool IsList, string Default, string Range, string Meaning);
