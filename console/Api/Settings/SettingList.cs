namespace NotifyHub.Console.Api;

public sealed record SettingList(IReadOnlyList<Setting> Settings);
