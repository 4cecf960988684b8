namespace NotifyHub.Gateway.Api;

public sealed record KeyList(IReadOnlyList<KeyView> Keys);
