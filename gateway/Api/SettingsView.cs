namespace NotifyHub.Gateway.Api;

public sealed record SettingsView(IReadOnlyList<SettingView> Settings);
